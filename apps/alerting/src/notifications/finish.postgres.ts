import { rows, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import type { Claimed } from './claim.postgres.js';
import { AT_PLACES, hold, keyOf, placesOf } from './held-rows.postgres.js';

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

export interface Finished {
  claimed: Claimed;
  outcome: Outcome;
}

/** Writes what came of it, unless somebody else has taken it meanwhile (R-AL3). What the device said already stays. */
export async function finish(tx: Tx, organizationId: OrganizationId, finished: readonly Finished[]): Promise<void> {
  const held = await hold(
    tx,
    organizationId,
    finished.map(({ claimed }) => claimed),
  );
  const byKey = new Map(held.map((one) => [keyOf(one), one]));
  const ours = finished.flatMap(({ claimed, outcome }) => {
    const row = byKey.get(keyOf(claimed));
    return row?.attempt === claimed.attempt ? [{ place: row.place, id: claimed.id, outcome }] : [];
  });
  for (const alike of Map.groupBy(ours, ({ outcome }) => kindOf(outcome)).values())
    await write(tx, organizationId, alike);
}

/** What is written the same for all. */
const kindOf = (outcome: Outcome): string => JSON.stringify({ ...outcome, providerId: undefined });

function write(
  tx: Tx,
  organizationId: OrganizationId,
  alike: readonly { place: string; id: string; outcome: Outcome }[],
): Promise<unknown> {
  const [{ outcome }] = alike as readonly [(typeof alike)[number]];
  const providerIds = alike.flatMap(({ id, outcome: one }) =>
    'providerId' in one && one.providerId !== undefined ? [[id, one.providerId]] : [],
  );
  return rows(
    tx,
    `UPDATE notification n SET
       state = CASE WHEN n.state = 'sending' THEN $3 ELSE n.state END,
       sent_at = CASE WHEN $3 IN ('sent', 'bundled') THEN coalesce(n.sent_at, clock_timestamp()) ELSE n.sent_at END,
       next_attempt_at = clock_timestamp() + make_interval(secs => $4),
       provider_id = coalesce($5::jsonb ->> n.id::text, n.provider_id), problem = $6,
       -- A provider in trouble may take long: the next way does not wait for it.
       silent_at = CASE WHEN $7 AND n.silent_at IS NOT NULL THEN least(n.silent_at, clock_timestamp()) ELSE n.silent_at END
     WHERE n.organization_id = $1 AND ${AT_PLACES}`,
    [
      ...[organizationId, placesOf(alike), outcome.state, outcome.state === 'queued' ? outcome.retrySeconds : 0],
      ...[JSON.stringify(Object.fromEntries(providerIds)), 'problem' in outcome ? outcome.problem : null],
      isStuck(outcome),
    ],
  );
}
