import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';

/** A sender that has heard no answer repeats what it sent for some hours, signed anew each time. */
const KEPT_HOURS = 24;
/** Whoever has had it in hand for longer than any request takes has ended with it. */
const IN_HAND_SECONDS = 15;

export interface Receipt {
  messageHash: Buffer;
  contentHash: Buffer;
}

/** `mine` to take it; `same` when it was taken; `other` when something else came under its name; `in_hand` of somebody else. */
export type Claim = 'mine' | 'same' | 'other' | 'in_hand';

/** Takes a message into the hands of whoever asks first. */
export async function claimReceipt(
  tx: Tx,
  organizationId: OrganizationId,
  sourceId: string,
  { messageHash, contentHash }: Receipt,
): Promise<Claim> {
  const mine = await rows(
    tx,
    `INSERT INTO alarm_source_receipt AS r (organization_id, source_id, message_hash, content_hash, received_at)
     VALUES ($1, $2, $3, $4, clock_timestamp())
     ON CONFLICT (organization_id, source_id, message_hash) DO UPDATE SET received_at = excluded.received_at
       WHERE NOT r.is_taken AND r.content_hash = excluded.content_hash
         AND r.received_at < clock_timestamp() - interval '${IN_HAND_SECONDS} seconds'
     RETURNING r.source_id`,
    [organizationId, sourceId, messageHash, contentHash],
  );
  if (mine.length === 1) return 'mine';
  const known = await row<{ content_hash: Buffer; is_taken: boolean }>(
    tx,
    `SELECT r.content_hash, r.is_taken FROM alarm_source_receipt r
     WHERE r.organization_id = $1 AND r.source_id = $2 AND r.message_hash = $3`,
    [organizationId, sourceId, messageHash],
  );
  if (!known) return 'in_hand';
  if (!known.content_hash.equals(contentHash)) return 'other';
  return known.is_taken ? 'same' : 'in_hand';
}

export const closeReceipt = (
  tx: Tx,
  organizationId: OrganizationId,
  sourceId: string,
  { messageHash }: Receipt,
): Promise<unknown> =>
  rows(
    tx,
    `UPDATE alarm_source_receipt r SET is_taken = true
     WHERE r.organization_id = $1 AND r.source_id = $2 AND r.message_hash = $3`,
    [organizationId, sourceId, messageHash],
  );

/** It could not be taken: whoever repeats it may take it. */
export const dropReceipt = (
  tx: Tx,
  organizationId: OrganizationId,
  sourceId: string,
  { messageHash }: Receipt,
): Promise<unknown> =>
  rows(
    tx,
    `DELETE FROM alarm_source_receipt r
     WHERE r.organization_id = $1 AND r.source_id = $2 AND r.message_hash = $3 AND NOT r.is_taken`,
    [organizationId, sourceId, messageHash],
  );

/** @returns whether any are left */
export async function forgetOldReceipts(tx: Tx, organizationId: OrganizationId, sourceId: string): Promise<boolean> {
  await rows(
    tx,
    `DELETE FROM alarm_source_receipt r WHERE r.organization_id = $1 AND r.source_id = $2
       AND r.received_at <= clock_timestamp() - interval '${KEPT_HOURS} hours'`,
    [organizationId, sourceId],
  );
  const left = await row(
    tx,
    'SELECT FROM alarm_source_receipt r WHERE r.organization_id = $1 AND r.source_id = $2 LIMIT 1',
    [organizationId, sourceId],
  );
  return left !== null;
}
