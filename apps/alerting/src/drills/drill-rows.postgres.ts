import type { AlarmPath, DrillPlan, DrillReport } from '@relais/contracts';
import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';

export interface DrillRow {
  id: string;
  state: 'running' | 'done' | 'interrupted';
  trigger: 'person' | 'schedule';
  plan: DrillPlan;
  started_by: UserId | null;
  started_at: Date;
  ends_at: Date;
  ended_at: Date | null;
  score: number | null;
  report: DrillReport | null;
}

const COLUMNS =
  'd.id, d.state, d.trigger, d.plan, d.started_by, d.started_at, d.ends_at, d.ended_at, d.score, d.report';

/** @returns null when there is one of this id, or one under way */
export const insertDrill = (
  tx: Tx,
  organizationId: OrganizationId,
  { id, trigger, plan, startedBy }: { id: string; trigger: string; plan: DrillPlan; startedBy: UserId | null },
): Promise<DrillRow | null> =>
  row<DrillRow>(
    tx,
    `INSERT INTO drill AS d (organization_id, id, trigger, plan, started_by, ends_at)
     VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6)) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
    [organizationId, id, trigger, JSON.stringify(plan), startedBy, plan.seconds],
  );

export const findDrill = (tx: Tx, organizationId: OrganizationId, id: string): Promise<DrillRow | null> =>
  row<DrillRow>(tx, `SELECT ${COLUMNS} FROM drill d WHERE d.organization_id = $1 AND d.id = $2`, [organizationId, id]);

export const findRunning = (tx: Tx, organizationId: OrganizationId): Promise<DrillRow | null> =>
  row<DrillRow>(tx, `SELECT ${COLUMNS} FROM drill d WHERE d.organization_id = $1 AND d.state = 'running'`, [
    organizationId,
  ]);

export const drillsBefore = (
  tx: Tx,
  organizationId: OrganizationId,
  { before, limit }: { before: { at: Date; id: string } | null; limit: number },
): Promise<DrillRow[]> =>
  rows<DrillRow>(
    tx,
    `SELECT ${COLUMNS} FROM drill d WHERE d.organization_id = $1
       AND ($2::timestamptz IS NULL OR (d.started_at, d.id) < ($2, $3::uuid))
     ORDER BY d.started_at DESC, d.id DESC LIMIT $4`,
    [organizationId, before?.at ?? null, before?.id ?? null, limit],
  );

/** @returns whether it was still under way */
export const endDrill = async (
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  { score, report }: { score: number; report: DrillReport },
): Promise<boolean> =>
  (await row(
    tx,
    `UPDATE drill d SET state = 'done', ended_at = clock_timestamp(), score = $3, report = $4
     WHERE d.organization_id = $1 AND d.id = $2 AND d.state = 'running' RETURNING d.id`,
    [organizationId, id, score, JSON.stringify(report)],
  )) !== null;

/** Ends what is under way for some of these people, or of those whom this alarm is for. @returns the drills that ended */
export const interruptDrills = (
  tx: Tx,
  organizationId: OrganizationId,
  alarmId: string,
  userIds: readonly UserId[],
): Promise<{ id: string }[]> =>
  rows(
    tx,
    `UPDATE drill d SET state = 'interrupted', ended_at = clock_timestamp()
     WHERE d.organization_id = $1 AND d.state = 'running' AND EXISTS (
       SELECT FROM alarm_step mine, unnest(mine.user_ids) AS m (id)
       WHERE mine.organization_id = $1 AND mine.alarm_id = d.id AND (m.id IN (SELECT unnest($3::uuid[]))
         OR m.id IN (SELECT unnest(other.user_ids) FROM alarm_step other
           WHERE other.organization_id = $1 AND other.alarm_id = $2)))
     RETURNING d.id`,
    [organizationId, alarmId, userIds],
  );

/** A device is not woken any more: the drill under way, if there is one, has found out. */
export const countDeadToken = (tx: Tx, organizationId: OrganizationId): Promise<unknown> =>
  rows(tx, `UPDATE drill d SET dead_tokens = d.dead_tokens + 1 WHERE d.organization_id = $1 AND d.state = 'running'`, [
    organizationId,
  ]);

export async function deadTokensOf(tx: Tx, organizationId: OrganizationId, drillId: string): Promise<number> {
  const found = await row<{ dead_tokens: number }>(
    tx,
    'SELECT d.dead_tokens FROM drill d WHERE d.organization_id = $1 AND d.id = $2',
    [organizationId, drillId],
  );
  return found?.dead_tokens ?? 0;
}

/** Whether each of the people of a drill has it on a device. */
export const reachOf = (
  tx: Tx,
  organizationId: OrganizationId,
  drillId: string,
): Promise<{ user_id: UserId; is_reached: boolean }[]> =>
  rows(
    tx,
    `SELECT t.user_id, coalesce(bool_or(n.received_at IS NOT NULL), false) AS is_reached
     FROM alarm_step s CROSS JOIN unnest(s.user_ids) AS t (user_id)
     LEFT JOIN notification n ON n.organization_id = $1 AND n.alarm_id = $2 AND n.user_id = t.user_id
     WHERE s.organization_id = $1 AND s.alarm_id = $2 GROUP BY t.user_id ORDER BY t.user_id`,
    [organizationId, drillId],
  );

export const pathsOf = (
  tx: Tx,
  organizationId: OrganizationId,
  drillId: string,
): Promise<
  { path: AlarmPath; problem: string | null; told: number; sent: number; received: number; failed: number }[]
> =>
  rows(
    tx,
    `SELECT n.path, n.problem, count(*)::int AS told, count(n.sent_at)::int AS sent, count(n.received_at)::int AS received,
       count(*) FILTER (WHERE n.state = 'failed')::int AS failed
     FROM notification n WHERE n.organization_id = $1 AND n.alarm_id = $2 GROUP BY n.path, n.problem ORDER BY n.path`,
    [organizationId, drillId],
  );
