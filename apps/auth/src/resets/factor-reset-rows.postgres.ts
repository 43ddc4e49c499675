import type { FactorReset } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';

/** How long the second pair of eyes has. */
export const RESET_SECONDS = 24 * 3_600;
const KEPT_SECONDS = 90 * 86_400;

export interface FactorResetRow {
  id: string;
  user_id: UserId;
  state: FactorReset['state'];
  requested_by: UserId;
  requested_at: Date;
  expires_at: Date;
  decided_by: UserId | null;
  decided_at: Date | null;
}

const EXPIRED = `UPDATE factor_reset r SET state = 'expired'
  WHERE r.organization_id = $1 AND r.state = 'open' AND r.expires_at <= $2`;

/** Null when one is open for this person. */
export async function insertFactorReset(
  tx: Tx,
  organizationId: OrganizationId,
  { id, userId, requestedBy, now }: { id: string; userId: UserId; requestedBy: UserId; now: Date },
): Promise<FactorResetRow | null> {
  await rows(tx, `${EXPIRED} AND r.user_id = $3`, [organizationId, now, userId]);
  return row(
    tx,
    `INSERT INTO factor_reset (organization_id, id, user_id, state, requested_by, requested_at, expires_at)
     VALUES ($1, $2, $3, 'open', $4, $5, $6) ON CONFLICT DO NOTHING RETURNING *`,
    [organizationId, id, userId, requestedBy, now, new Date(now.getTime() + RESET_SECONDS * 1_000)],
  );
}

export const findOpenReset = (
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  now: Date,
): Promise<FactorResetRow | null> =>
  row(
    tx,
    `SELECT r.* FROM factor_reset r
     WHERE r.organization_id = $1 AND r.id = $2 AND r.state = 'open' AND r.expires_at > $3`,
    [organizationId, id, now],
  );

/** Decides it; false when somebody else has. */
export async function decideReset(
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  { to, decidedBy, now }: { to: 'approved' | 'rejected'; decidedBy: UserId; now: Date },
): Promise<boolean> {
  const decided = await rows(
    tx,
    `UPDATE factor_reset r SET state = $3, decided_by = $4, decided_at = $5
     WHERE r.organization_id = $1 AND r.id = $2 AND r.state = 'open' AND r.expires_at > $5 RETURNING r.id`,
    [organizationId, id, to, decidedBy, now],
  );
  return decided.length === 1;
}

/** The newest first; with a person, those they are concerned by or asked for. */
export const listFactorResetRows = (
  tx: Tx,
  organizationId: OrganizationId,
  of: UserId | null,
): Promise<FactorResetRow[]> =>
  rows(
    tx,
    `SELECT r.* FROM factor_reset r WHERE r.organization_id = $1
       AND ($2::uuid IS NULL OR r.user_id = $2 OR r.requested_by = $2) ORDER BY r.id DESC LIMIT 1000`,
    [organizationId, of],
  );

/** All factors and recovery codes of a person; how many factors there were. */
export async function deleteAllFactors(tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<number> {
  await rows(tx, 'DELETE FROM recovery_code c WHERE c.organization_id = $1 AND c.user_id = $2', [
    organizationId,
    userId,
  ]);
  const gone = await rows(tx, 'DELETE FROM factor f WHERE f.organization_id = $1 AND f.user_id = $2 RETURNING f.id', [
    organizationId,
    userId,
  ]);
  return gone.length;
}

export const deleteOldFactorResets = (tx: Tx, organizationId: OrganizationId, now: Date): Promise<unknown> =>
  rows(tx, 'DELETE FROM factor_reset r WHERE r.organization_id = $1 AND r.requested_at < $2', [
    organizationId,
    new Date(now.getTime() - KEPT_SECONDS * 1_000),
  ]);

export const toFactorReset = (found: FactorResetRow, now: Date): FactorReset => ({
  id: found.id as never,
  userId: found.user_id,
  state: found.state === 'open' && found.expires_at <= now ? 'expired' : found.state,
  requestedBy: found.requested_by,
  requestedAt: found.requested_at.toISOString(),
  expiresAt: found.expires_at.toISOString(),
  ...(found.decided_by ? { decidedBy: found.decided_by } : {}),
  ...(found.decided_at ? { decidedAt: found.decided_at.toISOString() } : {}),
});
