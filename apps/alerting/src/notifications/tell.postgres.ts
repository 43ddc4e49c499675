import { rows, type Tx } from '@relais/database';
import type { AlarmPath } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { Ladder } from '../contact-rules/ladder.js';
import { WAYS } from '../contact-rules/ladder.postgres.js';
import { QUIET_UNTIL } from '../contact-rules/quiet-hours.postgres.js';
import { LEASE, type Taken } from './hand.js';
import { REPEATED, type Round } from './notification-rows.postgres.js';

/** As many are told in one transaction; the next ones in the next, after a rest as long as it took. */
export const TOLD_AT_ONCE = 250;
/** The first people of many hear of it before a whole page is written. */
export const FIRST_AT_ONCE = 100;

/** How the people of a round are told. */
export interface Telling {
  /** See `priorityOf`. */
  priority: number;
  ladder: Ladder;
  /** By these ways whoever may be told now is taken for this replica, which sends it after the commit. */
  taking?: readonly AlarmPath[];
}

export interface Told {
  /** Who has one more notification waiting. */
  told: number;
  /** Who should have one, and has no way to be told by. */
  unreachable: number;
  /** Until somebody's silence lets their next way come; null when nobody has one. */
  next_seconds: number | null;
}

export interface ToldFirst extends Told {
  taken: Taken[];
}

const OF_ROUND = 'n.organization_id = $1 AND n.alarm_id = $3 AND n.step = $4 AND n.cycle = $5';

// NOTE: `NOT IN` and scalar subqueries, because they are hashed or looked up by key whatever the planner believes; of a table that
// has just been filled it believes that it is empty, and would go through all of a round for each person. Counted, because for the
// first of many that it expects it would read from the beginning of the table.

/** Of somebody in `r (user_id)`: whether they have answered, and whether they are told in this round already. */
const HAS_ANSWERED = `coalesce((SELECT a.answer IS NOT NULL FROM alarm_recipient a
  WHERE a.organization_id = $1 AND a.alarm_id = $3 AND a.user_id = r.user_id), false)`;
const IS_TOLD = `(SELECT count(*) > 0 FROM notification n WHERE ${OF_ROUND} AND n.user_id = r.user_id)`;

/** Who answered, and who was relieved of it. */
const RELIEVED = `SELECT a.user_id FROM alarm_recipient a
  WHERE a.organization_id = $1 AND a.alarm_id = $3 AND (a.answer IS NOT NULL OR a.handed_over_at IS NOT NULL)`;

/** A notice waits for the end of quiet hours. */
const BEGINS = `CROSS JOIN LATERAL (SELECT coalesce(CASE WHEN $6::int = 20 THEN (
  SELECT ${QUIET_UNTIL} FROM quiet_hours q WHERE q.organization_id = $1 AND q.user_id = c.user_id) END, m.at) AS at) b`;

/** Whether it is this replica's from its beginning, as if it had been claimed. */
const TAKEN = `CROSS JOIN LATERAL (SELECT c.path = ANY($9::text[]) AND b.at <= m.at AS is_taken) t`;

/**
 * Of everybody in `person`, the first way of their own that is not in `used` and leads somewhere: it is in the
 * ledger from now on, and its silence lets the next one come if there is one. Whoever is not in `recipient` knew before.
 */
const TELL = `
  moment AS MATERIALIZED (SELECT clock_timestamp() AS at), ${WAYS}, choice AS (
    SELECT w.user_id, w.path, w.silent_seconds, count(*) OVER (PARTITION BY w.user_id) AS options,
      row_number() OVER (PARTITION BY w.user_id ORDER BY w.position) AS nth
    FROM way w
    WHERE w.has_destination AND (w.user_id, w.path) NOT IN (SELECT u.user_id, u.path FROM used u)
  ), told AS (
    INSERT INTO notification (organization_id, alarm_id, step, cycle, user_id, path, priority, state, attempt, next_attempt_at, silent_at)
    SELECT $1, $3, $4, $5, c.user_id, c.path,
      $6::int + CASE WHEN c.user_id IN (SELECT r.user_id FROM recipient r) THEN 0 ELSE $7::int END,
      CASE WHEN t.is_taken THEN 'sending' ELSE 'queued' END, t.is_taken::int,
      CASE WHEN t.is_taken THEN b.at + make_interval(secs => ${LEASE}) ELSE b.at END,
      CASE WHEN c.options > 1 THEN b.at + make_interval(secs => c.silent_seconds) END
    FROM choice c CROSS JOIN moment m ${BEGINS} ${TAKEN}
    WHERE c.nth = 1 ORDER BY c.user_id LIMIT $8
    ON CONFLICT DO NOTHING RETURNING silent_at, id, ctid AS place, user_id, path, state
  )`;

const COUNTED = `(SELECT count(*)::int FROM told) AS told,
  ((SELECT count(*) FROM person) - (SELECT count(*) FROM choice c WHERE c.nth = 1))::int AS unreachable`;

const parametersOf = (
  organizationId: OrganizationId,
  round: Round,
  { priority, ladder, taking = [] }: Telling,
  limit: number | null,
) => [
  ...[organizationId, JSON.stringify(ladder), round.alarmId, round.step, round.cycle, priority, REPEATED, limit],
  taking,
];

/**
 * These people are recipients from now on, and each who has not answered and is not told in this round yet is told by their
 * first way. One statement for all.
 */
export async function tellFirst(
  tx: Tx,
  organizationId: OrganizationId,
  round: Round,
  how: Telling,
  userIds: readonly UserId[],
): Promise<ToldFirst> {
  const [found] = await rows<ToldFirst>(
    tx,
    `WITH asked AS (
       SELECT DISTINCT u.id AS user_id FROM unnest($10::uuid[]) AS u (id) ORDER BY 1
     ), recipient AS (
       INSERT INTO alarm_recipient AS r (organization_id, alarm_id, user_id)
       SELECT $1, $3, u.user_id FROM asked u
       ON CONFLICT (organization_id, alarm_id, user_id) DO UPDATE SET handed_over_at = NULL
         WHERE r.handed_over_at IS NOT NULL AND r.answer IS NULL AND NOT ${IS_TOLD}
       RETURNING user_id
     ), person AS (
       SELECT k.user_id FROM recipient k
       UNION ALL
       -- Who knew of it before; nobody else has to be looked up.
       SELECT r.user_id FROM asked r WHERE r.user_id NOT IN (SELECT k.user_id FROM recipient k)
         AND NOT ${HAS_ANSWERED} AND NOT ${IS_TOLD}
     ), used AS (SELECT p.user_id, NULL::text AS path FROM person p WHERE false), ${TELL}
     SELECT ${COUNTED}, (SELECT extract(epoch FROM min(t.silent_at) - clock_timestamp())::float8 FROM told t) AS next_seconds,
       (SELECT coalesce(json_agg(json_build_object('id', t.id, 'place', t.place::text, 'userId', t.user_id, 'path', t.path)), '[]')
        FROM told t WHERE t.state = 'sending') AS taken`,
    [...parametersOf(organizationId, round, how, null), userIds],
  );
  return found as ToldFirst;
}

/**
 * Those of a round whose device has said nothing for as long as it may, or who could not be told the way before, are told by
 * their next one, at most `TOLD_AT_ONCE` of them. One statement for all.
 */
export async function tellNext(tx: Tx, organizationId: OrganizationId, round: Round, how: Telling): Promise<Told> {
  const [found] = await rows<Told>(
    tx,
    `WITH person AS (
       SELECT n.user_id FROM notification n WHERE ${OF_ROUND} AND n.user_id NOT IN (${RELIEVED})
       GROUP BY n.user_id HAVING bool_and(n.received_at IS NULL
         AND (n.state = 'failed' OR coalesce(n.silent_at <= clock_timestamp(), false)))
     ), recipient AS (SELECT p.user_id FROM person p),
     used AS (SELECT n.user_id, n.path FROM notification n WHERE ${OF_ROUND}), ${TELL}
     SELECT ${COUNTED}, (SELECT extract(epoch FROM least(
         (SELECT min(t.silent_at) FROM told t),
         (SELECT min(n.silent_at) FROM notification n WHERE ${OF_ROUND} AND n.received_at IS NULL
            AND n.state NOT IN ('failed', 'skipped') AND n.silent_at > m.at)) - clock_timestamp())::float8
       FROM moment m) AS next_seconds`,
    parametersOf(organizationId, round, how, TOLD_AT_ONCE),
  );
  return found as Told;
}
