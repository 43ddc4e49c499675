import type { AlarmPath, Severity } from '@relais/contracts';
import { rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';

/** Which telling of an alarm. */
export interface Round {
  alarmId: string;
  step: number;
  cycle: number;
}

/** The smaller, the sooner. What tells somebody of an alarm for the first time goes before what repeats it. */
const PRIORITY: Readonly<Record<Severity, number>> = { emergency: 0, alarm: 10, notice: 20 };
export const REPEATED = 5;
const DRILL = 90;

/** Whatever is real goes before a drill that nobody is to notice. A probe goes as what it stands for. */
export const priorityOf = ({ severity, source }: { severity: Severity; source: string }): number =>
  source === 'drill' ? DRILL : PRIORITY[severity];

/** The people of a step, settled when the alarm was raised: so many of them after the first `offset`, always in one order. */
export const targetsOf = async (
  tx: Tx,
  organizationId: OrganizationId,
  { alarmId, step }: Pick<Round, 'alarmId' | 'step'>,
  { offset, limit }: { offset: number; limit: number },
): Promise<UserId[]> => {
  const found = await rows<{ user_id: UserId }>(
    tx,
    `SELECT unnest(s.user_ids[$4::int + 1:$4::int + $5::int]) AS user_id FROM alarm_step s
     WHERE s.organization_id = $1 AND s.alarm_id = $2 AND s.step = $3`,
    [organizationId, alarmId, step, offset, limit],
  );
  return found.map(({ user_id }) => user_id);
};

/** Of these alarms those whose first round has just been sent to its end, with how long that took. Says each once. */
export const markDispatched = (
  tx: Tx,
  organizationId: OrganizationId,
  alarmIds: readonly string[],
): Promise<{ severity: Severity; is_silent: boolean; after_seconds: number }[]> =>
  rows(
    tx,
    `WITH due AS (
       SELECT d.id FROM alarm d WHERE d.organization_id = $1 AND d.id = ANY($2::uuid[]) AND d.dispatched_at IS NULL
         -- Asked first: while people are left to be told, nobody has to look at all who were.
         AND (SELECT count(*) FROM timer t WHERE t.organization_id = $1 AND t.subject_id = d.id
           AND t.kind = 'step' AND t.step = 0 AND t.cycle = 0) = 0
         AND NOT EXISTS (SELECT FROM notification n WHERE n.organization_id = $1 AND n.alarm_id = d.id
           AND n.step = 0 AND n.cycle = 0 AND n.state IN ('queued', 'sending'))
       ORDER BY d.id FOR NO KEY UPDATE
     )
     UPDATE alarm a SET dispatched_at = clock_timestamp() FROM due d
     WHERE a.organization_id = $1 AND a.id = d.id
     RETURNING a.severity, a.is_silent, extract(epoch FROM a.dispatched_at - a.opened_at)::float8 AS after_seconds`,
    [organizationId, alarmIds],
  );

/** Whether something is waiting, and for how long at most, in seconds from now. */
export async function nextWaiting(tx: Tx, organizationId: OrganizationId): Promise<number | null> {
  const [found] = await rows<{ s: number | null }>(
    tx,
    `SELECT extract(epoch FROM min(n.next_attempt_at) - clock_timestamp())::float8 AS s FROM notification n
     WHERE n.organization_id = $1 AND n.state IN ('queued', 'sending')`,
    [organizationId],
  );
  return found?.s ?? null;
}

export interface LedgerRow {
  user_id: UserId;
  step: number;
  cycle: number;
  path: AlarmPath;
  state: 'queued' | 'sending' | 'sent' | 'received' | 'shown' | 'failed' | 'skipped' | 'bundled';
  queued_at: Date;
  sent_at: Date | null;
  received_at: Date | null;
  shown_at: Date | null;
  attempt: number;
  problem: string | null;
}

/** Every telling of these people, in its order. */
export const ledgerOf = (
  tx: Tx,
  organizationId: OrganizationId,
  alarmId: string,
  userIds: readonly UserId[],
): Promise<LedgerRow[]> =>
  rows<LedgerRow>(
    tx,
    `SELECT n.user_id, n.step, n.cycle, n.path, n.state, n.queued_at, n.sent_at, n.received_at, n.shown_at, n.attempt, n.problem
     FROM notification n WHERE n.organization_id = $1 AND n.alarm_id = $2 AND n.user_id = ANY($3::uuid[])
     ORDER BY n.queued_at, n.step, n.cycle`,
    [organizationId, alarmId, userIds],
  );
