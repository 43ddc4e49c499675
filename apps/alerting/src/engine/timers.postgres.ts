import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';

export interface Timer {
  organization_id: OrganizationId;
  subject_id: string;
  /** What is to be done: see `Duty` and `Errand`. */
  kind: string;
  step: number;
  cycle: number;
  stage: number;
  /** How long it was due when it was taken. */
  late_seconds?: number;
}

export type NewTimer = Pick<Timer, 'subject_id' | 'kind'> & Partial<Pick<Timer, 'step' | 'cycle' | 'stage'>>;

const COLUMNS = 't.organization_id, t.subject_id, t.kind, t.step, t.cycle, t.stage';

/** Organizations that have something due, the longest waiting first. On the database's clock, as everything about timers is. */
export const dueOrganizations = async (tx: Tx, limit: number): Promise<OrganizationId[]> =>
  (
    await rows<{ organization_id: OrganizationId }>(
      tx,
      `SELECT d.organization_id FROM
         (SELECT t.organization_id, t.due_at FROM timer t WHERE t.due_at <= clock_timestamp() ORDER BY t.due_at LIMIT $1) d
       GROUP BY d.organization_id ORDER BY min(d.due_at)`,
      [limit],
    )
  ).map(({ organization_id }) => organization_id);

/** Takes what is due for this transaction: what another replica has in hand is passed over. */
export const takeDue = (tx: Tx, organizationId: OrganizationId, limit: number): Promise<Timer[]> =>
  rows<Timer>(
    tx,
    `SELECT ${COLUMNS}, extract(epoch FROM clock_timestamp() - t.due_at)::float8 AS late_seconds
     FROM timer t WHERE t.organization_id = $1 AND t.due_at <= clock_timestamp()
     ORDER BY t.due_at LIMIT $2 FOR UPDATE SKIP LOCKED`,
    [organizationId, limit],
  );

/** Moves what `takeDue` would take first to later. */
export const postponeNext = (tx: Tx, organizationId: OrganizationId, seconds: number): Promise<Timer | null> =>
  row<Timer>(
    tx,
    `UPDATE timer t SET due_at = clock_timestamp() + make_interval(secs => $2)
     WHERE (t.organization_id, t.subject_id, t.kind, t.step, t.cycle, t.stage) IN (
       SELECT d.organization_id, d.subject_id, d.kind, d.step, d.cycle, d.stage FROM timer d
       WHERE d.organization_id = $1 AND d.due_at <= clock_timestamp() ORDER BY d.due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING ${COLUMNS}`,
    [organizationId, seconds],
  );

/** Sets a timer, or moves it to when it is due earlier. */
export const setTimer = (
  tx: Tx,
  organizationId: OrganizationId,
  { subject_id, kind, step = 0, cycle = 0, stage = 0 }: NewTimer,
  afterSeconds: number,
): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO timer AS t (organization_id, subject_id, kind, step, cycle, stage, due_at)
     VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp() + make_interval(secs => $7))
     ON CONFLICT (organization_id, subject_id, kind, step, cycle, stage)
       DO UPDATE SET due_at = least(t.due_at, excluded.due_at)`,
    [organizationId, subject_id, kind, step, cycle, stage, afterSeconds],
  );

/** Sets a timer unless there is one; waits for nobody who has it in hand. */
export const keepTimer = (
  tx: Tx,
  organizationId: OrganizationId,
  { subject_id, kind }: Pick<NewTimer, 'subject_id' | 'kind'>,
  afterSeconds: number,
): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO timer (organization_id, subject_id, kind, due_at)
     VALUES ($1, $2, $3, clock_timestamp() + make_interval(secs => $4)) ON CONFLICT DO NOTHING`,
    [organizationId, subject_id, kind, afterSeconds],
  );

/** Looks at the ladders of these rounds at once, in the order of their alarms. */
export const wakeLadders = (
  tx: Tx,
  organizationId: OrganizationId,
  rounds: readonly { alarmId: string; step: number; cycle: number }[],
): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO timer AS t (organization_id, subject_id, kind, step, cycle, due_at)
     SELECT $1::uuid, d."alarmId", 'path', d.step, d.cycle, clock_timestamp()
     FROM (SELECT DISTINCT r.* FROM jsonb_to_recordset($2::jsonb) AS r ("alarmId" uuid, step integer, cycle integer)) d
     ORDER BY 2, 4, 5
     ON CONFLICT (organization_id, subject_id, kind, step, cycle, stage)
       DO UPDATE SET due_at = least(t.due_at, excluded.due_at)`,
    [organizationId, JSON.stringify(rounds)],
  );

export const setTimerAt = (tx: Tx, organizationId: OrganizationId, timer: NewTimer, at: Date): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO timer (organization_id, subject_id, kind, due_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
    [organizationId, timer.subject_id, timer.kind, at],
  );

/** Sets a timer to this time by the database's clock, ms, whatever it was set to; null takes it away. */
export const moveTimer = (
  tx: Tx,
  organizationId: OrganizationId,
  { subject_id, kind }: Pick<NewTimer, 'subject_id' | 'kind'>,
  atMs: number | null,
): Promise<unknown> =>
  atMs === null
    ? rows(tx, 'DELETE FROM timer t WHERE t.organization_id = $1 AND t.subject_id = $2 AND t.kind = $3', [
        ...[organizationId, subject_id, kind],
      ])
    : rows(
        tx,
        `INSERT INTO timer (organization_id, subject_id, kind, due_at) VALUES ($1, $2, $3, to_timestamp($4 / 1000.0))
         ON CONFLICT (organization_id, subject_id, kind, step, cycle, stage) DO UPDATE SET due_at = excluded.due_at`,
        [organizationId, subject_id, kind, atMs],
      );

/** Nothing of this subject is due any more. */
export const clearTimers = (tx: Tx, organizationId: OrganizationId, subjectId: string): Promise<unknown> =>
  rows(tx, 'DELETE FROM timer t WHERE t.organization_id = $1 AND t.subject_id = $2', [organizationId, subjectId]);

/** A timer in the hands of this replica; `lease` says whether it still is. */
export type Leased = Timer & { lease: string };

const IS_TIMER = `t.organization_id = $1 AND t.subject_id = $2 AND t.kind = $3 AND t.step = $4 AND t.cycle = $5 AND t.stage = $6`;
const keyOf = (timer: Timer) => [
  ...[timer.organization_id, timer.subject_id, timer.kind, timer.step, timer.cycle, timer.stage],
];

export const dropTimer = (tx: Tx, timer: Timer): Promise<unknown> =>
  rows(tx, `DELETE FROM timer t WHERE ${IS_TIMER}`, keyOf(timer));

/** Nobody else takes it for so long. */
export async function leaseTimer(tx: Tx, timer: Timer, seconds: number): Promise<Leased> {
  const leased = await row<{ lease: string }>(
    tx,
    `UPDATE timer t SET due_at = clock_timestamp() + make_interval(secs => $7) WHERE ${IS_TIMER}
     RETURNING t.due_at::text AS lease`,
    [...keyOf(timer), seconds],
  );
  if (!leased) throw new Error('the timer is gone under its lock');
  return { ...timer, ...leased };
}

/** Due again in so many seconds, or never; unless somebody has set it anew since it was leased. */
export const againIn = (tx: Tx, leased: Leased, seconds: number | null): Promise<unknown> =>
  seconds === null
    ? rows(tx, `DELETE FROM timer t WHERE ${IS_TIMER} AND t.due_at = $7::timestamptz`, [...keyOf(leased), leased.lease])
    : rows(
        tx,
        `UPDATE timer t SET due_at = clock_timestamp() + make_interval(secs => $8)
         WHERE ${IS_TIMER} AND t.due_at = $7::timestamptz`,
        [...keyOf(leased), leased.lease, seconds],
      );

export interface Outlook {
  /** The version of the engine that the database wants; a replica that is older leaves the work to newer ones. */
  version: number;
  /** Until the next timer is due, ms, negative when it was due before; null when there is none. */
  due_ms: number | null;
}

/** What there is to do: one statement, because an engine asks it all the time. */
export async function outlook(tx: Tx): Promise<Outlook> {
  const found = await row<Outlook>(
    tx,
    `SELECT m.version, (SELECT (extract(epoch FROM min(t.due_at) - clock_timestamp()) * 1000)::float8 FROM timer t) AS due_ms
     FROM engine_module m WHERE m.name = 'timers'`,
  );
  return found ?? { version: Number.POSITIVE_INFINITY, due_ms: null };
}
