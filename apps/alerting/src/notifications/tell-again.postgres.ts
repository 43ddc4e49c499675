import { row, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { Ladder } from '../contact-rules/ladder.js';
import { WAYS } from '../contact-rules/ladder.postgres.js';
import type { Round } from './notification-rows.postgres.js';

export interface ToldAgain {
  /** Who has a notification waiting again that had not left. */
  told: number;
  /** Until the first of their devices has been silent for as long as it may; null when nothing comes of that. */
  next_seconds: number | null;
}

const THEIRS = 'n.organization_id = $1 AND n.alarm_id = $3 AND n.user_id = b.user_id';

/**
 * Those of these people who were relieved of the alarm and have it again: what has not left is sent in this round after all, and
 * the silence of their devices begins anew. Their rounds before this one are over, so that no way comes early by them.
 */
export async function tellAgain(
  tx: Tx,
  organizationId: OrganizationId,
  round: Round,
  ladder: Ladder,
  userIds: readonly UserId[],
): Promise<ToldAgain> {
  const found = await row<ToldAgain>(
    tx,
    `WITH back AS (
       UPDATE alarm_recipient r SET handed_over_at = NULL
       WHERE r.organization_id = $1 AND r.alarm_id = $3 AND r.user_id = ANY($6::uuid[]) AND r.handed_over_at IS NOT NULL
       RETURNING r.user_id
     ), person AS (SELECT b.user_id FROM back b), ${WAYS}, over AS (
       UPDATE notification n SET silent_at = NULL FROM back b WHERE ${THEIRS} AND (n.step, n.cycle) <> ($4, $5)
     ), again AS (
       UPDATE notification n SET state = CASE n.state WHEN 'skipped' THEN 'queued' ELSE n.state END,
         next_attempt_at = CASE n.state WHEN 'skipped' THEN clock_timestamp() ELSE n.next_attempt_at END,
         silent_at = CASE WHEN n.silent_at IS NOT NULL THEN clock_timestamp() + make_interval(secs => w.silent_seconds) END
       FROM back b JOIN way w ON w.user_id = b.user_id
       WHERE ${THEIRS} AND n.step = $4 AND n.cycle = $5 AND w.path = n.path AND n.received_at IS NULL AND n.state <> 'failed'
       RETURNING n.state, n.silent_at
     )
     SELECT count(*) FILTER (WHERE a.state = 'queued')::int AS told,
       extract(epoch FROM min(a.silent_at) - clock_timestamp())::float8 AS next_seconds FROM again a`,
    [organizationId, JSON.stringify(ladder), round.alarmId, round.step, round.cycle, userIds],
  );
  return found ?? { told: 0, next_seconds: null };
}
