import type { AlarmMark, AlarmPath, Severity } from '@relais/contracts';
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

/** A notification in the hands of this replica until its lease ends; `attempt` says whose it is. */
export interface Claimed extends Round {
  id: string;
  userId: UserId;
  path: AlarmPath;
  attempt: number;
  severity: Severity;
  isDrill: boolean;
  /** The device is to keep it to itself. */
  isSilent: boolean;
  contentSealed: Buffer;
}

interface ClaimedRow {
  id: string;
  alarm_id: string;
  step: number;
  cycle: number;
  user_id: UserId;
  path: AlarmPath;
  attempt: number;
  severity: Severity;
  is_drill: boolean;
  is_silent: boolean;
  content_sealed: Buffer;
}

/**
 * Takes what is to be sent next, and what a replica took and never finished. Looks once more whether the alarm still tells
 * anybody: an answer that was committed before this stops it (R-AL5).
 */
export async function claim(
  tx: Tx,
  organizationId: OrganizationId,
  { paths, limit, leaseSeconds }: { paths: readonly AlarmPath[]; limit: number; leaseSeconds: number },
): Promise<Claimed[]> {
  await skipStopped(tx, organizationId);
  const claimed = await rows<ClaimedRow>(
    tx,
    `WITH due AS (
       SELECT n.alarm_id, n.step, n.cycle, n.user_id, n.path FROM notification n
       WHERE n.organization_id = $1 AND n.state IN ('queued', 'sending') AND n.next_attempt_at <= clock_timestamp()
         AND n.path = ANY($4::text[])
       ORDER BY n.priority, n.next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED
     )
     UPDATE notification n SET state = 'sending', attempt = n.attempt + 1,
       next_attempt_at = clock_timestamp() + make_interval(secs => $3)
     FROM due d, alarm a
     WHERE n.organization_id = $1 AND n.alarm_id = d.alarm_id AND n.step = d.step AND n.cycle = d.cycle
       AND n.user_id = d.user_id AND n.path = d.path AND a.organization_id = $1 AND a.id = n.alarm_id
     RETURNING n.id, n.alarm_id, n.step, n.cycle, n.user_id, n.path, n.attempt, a.severity, a.is_drill, a.is_silent,
       a.content_sealed`,
    [organizationId, limit, leaseSeconds, paths],
  );
  return claimed.map(({ alarm_id, user_id, is_drill, is_silent, content_sealed, ...rest }) => ({
    ...rest,
    ...{ alarmId: alarm_id, userId: user_id, isDrill: is_drill },
    ...{ isSilent: is_silent, contentSealed: content_sealed },
  }));
}

/**
 * Who has answered or was relieved, or whose alarm tells nobody any more, is not told; nor told again when a replica ended with it in its
 * hands. A step that wants everybody goes on until it is over.
 */
const skipStopped = (tx: Tx, organizationId: OrganizationId): Promise<unknown> =>
  rows(
    tx,
    `UPDATE notification n SET state = 'skipped'
     FROM alarm a, alarm_step s, alarm_recipient r
     WHERE n.organization_id = $1 AND n.state IN ('queued', 'sending') AND n.next_attempt_at <= clock_timestamp()
       AND a.organization_id = $1 AND a.id = n.alarm_id
       AND s.organization_id = $1 AND s.alarm_id = n.alarm_id AND s.step = n.step
       AND r.organization_id = $1 AND r.alarm_id = n.alarm_id AND r.user_id = n.user_id
       AND (r.answer IS NOT NULL OR r.handed_over_at IS NOT NULL OR a.state IN ('all_clear', 'cancelled', 'expired')
         OR (a.stopped_at IS NOT NULL AND NOT (s.rules ->> 'needsEveryone')::boolean))`,
    [organizationId],
  );

export type Outcome =
  | { state: 'sent'; providerId?: string }
  /** Told of with another one to the same destination. */
  | { state: 'bundled' }
  | { state: 'failed'; problem: string }
  /** `isHeld`: it only waits for its turn, and nothing has gone wrong. */
  | { state: 'queued'; problem: string; retrySeconds: number; isHeld?: boolean };

/** It did not leave, and nobody knows whether it will: the next way is tried meanwhile. */
export const isStuck = (outcome: Outcome): boolean =>
  outcome.state === 'failed' || (outcome.state === 'queued' && !outcome.isHeld);

/** Writes what came of it, unless somebody else has taken it meanwhile (R-AL3). What the device said already stays. */
export const finish = (
  tx: Tx,
  organizationId: OrganizationId,
  finished: readonly { claimed: Claimed; outcome: Outcome }[],
): Promise<unknown> =>
  rows(
    tx,
    `UPDATE notification n SET
       state = CASE WHEN n.state = 'sending' THEN f.state ELSE n.state END,
       sent_at = CASE WHEN f.state IN ('sent', 'bundled') THEN coalesce(n.sent_at, clock_timestamp()) ELSE n.sent_at END,
       next_attempt_at = clock_timestamp() + make_interval(secs => f.retry_seconds),
       provider_id = coalesce(f.provider_id, n.provider_id), problem = f.problem,
       -- A provider in trouble may take long: the next way does not wait for it.
       silent_at = CASE WHEN f.is_stuck AND n.silent_at IS NOT NULL THEN least(n.silent_at, clock_timestamp()) ELSE n.silent_at END
     FROM jsonb_to_recordset($2::jsonb) AS f (alarm_id uuid, step int, cycle int, user_id uuid, path text, attempt int,
       state text, provider_id text, problem text, retry_seconds float8, is_stuck boolean)
     WHERE n.organization_id = $1 AND n.alarm_id = f.alarm_id AND n.step = f.step AND n.cycle = f.cycle
       AND n.user_id = f.user_id AND n.path = f.path AND n.attempt = f.attempt`,
    [organizationId, JSON.stringify(finished.map(toRecord))],
  );

const toRecord = ({ claimed, outcome }: { claimed: Claimed; outcome: Outcome }) => ({
  ...{ alarm_id: claimed.alarmId, step: claimed.step, cycle: claimed.cycle, user_id: claimed.userId },
  ...{ path: claimed.path, attempt: claimed.attempt, state: outcome.state },
  provider_id: outcome.state === 'sent' ? (outcome.providerId ?? null) : null,
  problem: 'problem' in outcome ? outcome.problem : null,
  retry_seconds: outcome.state === 'queued' ? outcome.retrySeconds : 0,
  is_stuck: isStuck(outcome),
});

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
         AND NOT EXISTS (SELECT FROM notification n WHERE n.organization_id = $1 AND n.alarm_id = d.id
           AND n.step = 0 AND n.cycle = 0 AND n.state IN ('queued', 'sending'))
         AND NOT EXISTS (SELECT FROM timer t WHERE t.organization_id = $1 AND t.subject_id = d.id
           AND t.kind = 'step' AND t.step = 0 AND t.cycle = 0)
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

/** A telling that a device has, and whether it was not known before. */
export interface Marked {
  severity: Severity;
  is_silent: boolean;
  path: AlarmPath;
  is_new: boolean;
  after_seconds: number;
}

/** What devices say of themselves. Marks of others, and of tellings that never were, change nothing. */
export const mark = (
  tx: Tx,
  organizationId: OrganizationId,
  marks: readonly (AlarmMark & { userId: UserId })[],
): Promise<Marked[]> =>
  rows<Marked>(
    tx,
    `UPDATE notification n SET received_at = coalesce(n.received_at, clock_timestamp()),
       shown_at = CASE WHEN m.shown THEN coalesce(n.shown_at, clock_timestamp()) ELSE n.shown_at END,
       state = CASE WHEN m.shown OR n.state = 'shown' THEN 'shown' ELSE 'received' END
     FROM (SELECT k.alarm_id, k.step, k.cycle, k.user_id, k.path, bool_or(k.state = 'shown') AS shown
       FROM jsonb_to_recordset($2::jsonb) AS k (alarm_id uuid, step int, cycle int, user_id uuid, path text, state text)
       GROUP BY 1, 2, 3, 4, 5) m
     JOIN alarm a ON a.organization_id = $1 AND a.id = m.alarm_id
     WHERE n.organization_id = $1 AND n.alarm_id = m.alarm_id AND n.step = m.step AND n.cycle = m.cycle
       AND n.user_id = m.user_id AND n.path = m.path
     RETURNING a.severity, a.is_silent, n.path, n.received_at >= statement_timestamp() AS is_new,
       extract(epoch FROM n.received_at - n.queued_at)::float8 AS after_seconds`,
    [
      organizationId,
      JSON.stringify(marks.map(({ alarmId, userId, ...rest }) => ({ alarm_id: alarmId, user_id: userId, ...rest }))),
    ],
  );

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
