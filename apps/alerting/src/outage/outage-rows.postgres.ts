import type { BreakGlassUsed, Outage, OutageMeans, OutageModeChanged } from '@relais/contracts';
import { row, rows, type Tx } from '@relais/database';
import type { DeviceId, OrganizationId, UserId } from '@relais/kernel';

export interface OutageRow {
  id: string;
  state: Outage['state'];
  began_at: Date;
  begun_by: OutageMeans;
  ended_at: Date | null;
  ended_by: OutageMeans | null;
  reason_sealed: Buffer | null;
  report_sealed: Buffer | null;
}

const COLUMNS = 'o.id, o.state, o.began_at, o.begun_by, o.ended_at, o.ended_by, o.reason_sealed, o.report_sealed';

/** Null for one that is known already, and while another goes on. Its id is the event's, so that a repetition is known. */
export const beginOutage = (
  tx: Tx,
  { organizationId, id, at, by }: OutageModeChanged,
): Promise<{ id: string } | null> =>
  row(
    tx,
    `INSERT INTO outage AS o (organization_id, id, began_at, begun_by) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING RETURNING o.id`,
    [organizationId, id, at, by],
  );

/** Null when none goes on, or when this is older than the one that does. */
export const endOutage = (tx: Tx, { organizationId, at, by }: OutageModeChanged): Promise<{ id: string } | null> =>
  row(
    tx,
    `UPDATE outage o SET ended_at = $2, ended_by = $3
     WHERE o.organization_id = $1 AND o.ended_at IS NULL AND o.began_at <= $2 RETURNING o.id`,
    [organizationId, at, by],
  );

export const findOutage = (tx: Tx, organizationId: OrganizationId, id: string): Promise<OutageRow | null> =>
  row(tx, `SELECT ${COLUMNS} FROM outage o WHERE o.organization_id = $1 AND o.id = $2`, [organizationId, id]);

export const lastOutages = (tx: Tx, organizationId: OrganizationId, limit: number): Promise<OutageRow[]> =>
  rows(
    tx,
    `SELECT ${COLUMNS} FROM outage o WHERE o.organization_id = $1 ORDER BY o.began_at DESC, o.id DESC LIMIT $2`,
    [organizationId, limit],
  );

export const changeOutage = (
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  change: { state: Outage['state']; reasonSealed?: Buffer; reportSealed?: Buffer },
): Promise<unknown> =>
  rows(
    tx,
    `UPDATE outage o SET state = $3, reason_sealed = coalesce($4, o.reason_sealed),
       report_sealed = coalesce($5, o.report_sealed) WHERE o.organization_id = $1 AND o.id = $2`,
    [organizationId, id, change.state, change.reasonSealed ?? null, change.reportSealed ?? null],
  );

export interface PlanRow {
  plan_sealed: Buffer;
  put_by: UserId;
}

export const findPlan = (tx: Tx, organizationId: OrganizationId): Promise<PlanRow | null> =>
  row(tx, 'SELECT p.plan_sealed, p.put_by FROM crisis_plan p WHERE p.organization_id = $1', [organizationId]);

export const writePlan = (tx: Tx, organizationId: OrganizationId, sealed: Buffer, putBy: UserId): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO crisis_plan (organization_id, plan_sealed, put_by) VALUES ($1, $2, $3)
     ON CONFLICT (organization_id) DO UPDATE SET plan_sealed = excluded.plan_sealed, put_by = excluded.put_by,
       changed_at = now()`,
    [organizationId, sealed, putBy],
  );

export interface RoomRow {
  id: string;
  conversation_id: never;
  keeper: UserId;
  is_open: boolean;
  joined: number;
  kept_apart: number;
  left_out: number;
}

export const roomsOf = (tx: Tx, organizationId: OrganizationId): Promise<RoomRow[]> =>
  rows(
    tx,
    `SELECT r.id, r.conversation_id, r.keeper, r.is_open, r.joined, r.kept_apart, r.left_out FROM crisis_room r
     WHERE r.organization_id = $1 ORDER BY r.id`,
    [organizationId],
  );

/** Those that are there keep their conversation and their keeper; those that are no longer wanted are forgotten. */
export async function writeRooms(
  tx: Tx,
  organizationId: OrganizationId,
  wanted: readonly { id: string; conversationId: string }[],
  keeper: UserId,
): Promise<void> {
  const ids = wanted.map(({ id }) => id);
  await rows(tx, 'DELETE FROM crisis_room r WHERE r.organization_id = $1 AND r.id <> ALL($2::uuid[])', [
    ...[organizationId, ids],
  ]);
  await rows(
    tx,
    `INSERT INTO crisis_room (organization_id, id, conversation_id, keeper)
     SELECT $1, w.id, w.conversation_id, $4 FROM unnest($2::uuid[], $3::uuid[]) AS w (id, conversation_id)
     ON CONFLICT DO NOTHING`,
    [organizationId, ids, wanted.map(({ conversationId }) => conversationId), keeper],
  );
}

export const openedRoom = (
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  { joined, keptApart, leftOut }: { joined: number; keptApart: number; leftOut: number },
): Promise<unknown> =>
  rows(
    tx,
    `UPDATE crisis_room r SET is_open = true, joined = $3, kept_apart = $4, left_out = $5
     WHERE r.organization_id = $1 AND r.id = $2`,
    [organizationId, id, joined, keptApart, leftOut],
  );

/** The next time it is another conversation. */
export const renewRoom = (
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  { from, to, keeper }: { from: string; to: string; keeper: UserId },
): Promise<unknown> =>
  rows(
    tx,
    `UPDATE crisis_room r SET is_open = false, conversation_id = $4, keeper = $5
     WHERE r.organization_id = $1 AND r.id = $2 AND r.conversation_id = $3`,
    [organizationId, id, from, to, keeper],
  );

export const addLogin = (tx: Tx, { organizationId, id, at, userId, deviceId }: BreakGlassUsed): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO outage_login (organization_id, event_id, at, user_id, device_id) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING`,
    [organizationId, id, at, userId, deviceId],
  );

export const loginsBetween = (
  tx: Tx,
  organizationId: OrganizationId,
  from: Date,
  to: Date,
): Promise<{ at: Date; user_id: UserId; device_id: DeviceId }[]> =>
  rows(
    tx,
    `SELECT l.at, l.user_id, l.device_id FROM outage_login l
     WHERE l.organization_id = $1 AND l.at BETWEEN $2 AND $3 ORDER BY l.at, l.event_id LIMIT 10000`,
    [organizationId, from, to],
  );

export interface Reach {
  told: number;
  reached: number;
  answered: number;
  answers: Record<string, number>;
}

/** How many were told of an alarm, have it on a device, and answered what. */
export async function reachOf(tx: Tx, organizationId: OrganizationId, alarmId: string): Promise<Reach> {
  const found = await row<Reach>(
    tx,
    `SELECT
       (SELECT count(*)::int FROM alarm_recipient r WHERE r.organization_id = $1 AND r.alarm_id = $2) AS told,
       (SELECT count(DISTINCT n.user_id)::int FROM notification n
         WHERE n.organization_id = $1 AND n.alarm_id = $2 AND n.received_at IS NOT NULL) AS reached,
       (SELECT count(*)::int FROM alarm_recipient r
         WHERE r.organization_id = $1 AND r.alarm_id = $2 AND r.answer IS NOT NULL) AS answered,
       (SELECT coalesce(jsonb_object_agg(a.answer, a.n), '{}') FROM (
         SELECT r.answer, count(*)::int AS n FROM alarm_recipient r
         WHERE r.organization_id = $1 AND r.alarm_id = $2 AND r.answer IS NOT NULL GROUP BY r.answer) a) AS answers`,
    [organizationId, alarmId],
  );
  return found as Reach;
}
