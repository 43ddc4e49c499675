import { row, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import type { Finished } from './finish.postgres.js';
import { AT_PLACES, placesOf } from './held-rows.postgres.js';

/** Whether there is no more to say of these than that all have left, each at the same attempt. */
export const areSent = (finished: readonly Finished[]): boolean =>
  finished.every(
    ({ claimed, outcome }) =>
      outcome.state === 'sent' && outcome.providerId === undefined && claimed.attempt === finished[0]?.claimed.attempt,
  );

/**
 * Writes that these have left, see `areSent`: those that nobody has touched since they were taken. They are found where they lie,
 * without being looked up. It waits for nobody, and nobody who holds some of them waits for it for longer than it takes: `finish`,
 * which does, belongs into another transaction.
 *
 * @returns whether it wrote all; otherwise `finish` may be given all of them, and changes nothing in those that were written
 */
export async function finishSent(
  tx: Tx,
  organizationId: OrganizationId,
  finished: readonly Finished[],
): Promise<boolean> {
  const claimed = finished.map((one) => one.claimed);
  const ids = `{${claimed.map(({ id }) => id).join(',')}}`;
  // By id as well: something else may lie by now where one of them lay.
  const done = await row<{ written: number }>(
    tx,
    `WITH untouched AS MATERIALIZED (
       SELECT n.ctid AS place FROM notification n
       WHERE n.organization_id = $1 AND ${AT_PLACES} AND n.id = ANY($3::uuid[]) AND n.state = 'sending' AND n.attempt = $4
       FOR NO KEY UPDATE SKIP LOCKED
     ), written AS (
       UPDATE notification n SET state = 'sent', sent_at = coalesce(n.sent_at, clock_timestamp()), problem = NULL
       WHERE n.organization_id = $1 AND n.ctid = ANY(ARRAY(SELECT u.place FROM untouched u)) RETURNING n.id
     )
     SELECT count(*)::int AS written FROM written`,
    [organizationId, placesOf(claimed), ids, claimed[0]?.attempt],
  );
  return done?.written === finished.length;
}
