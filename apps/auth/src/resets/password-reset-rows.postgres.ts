import type { OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import { hashOf, type ScopedSecret } from '../secrets/scoped-secret.js';

export interface PasswordResetRow {
  user_id: UserId;
  started_by: UserId;
}

/** In place of any that was begun before. */
export async function writePasswordReset(
  tx: Tx,
  token: ScopedSecret,
  { userId, startedBy, expiresAt }: { userId: UserId; startedBy: UserId; expiresAt: Date },
): Promise<void> {
  await rows(
    tx,
    `INSERT INTO password_reset (organization_id, user_id, token_hash, started_by, expires_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (organization_id, user_id) DO UPDATE SET token_hash = excluded.token_hash,
       started_by = excluded.started_by, expires_at = excluded.expires_at`,
    [token.organizationId, userId, hashOf(token), startedBy, expiresAt],
  );
}

export const findPasswordReset = (tx: Tx, token: ScopedSecret, now: Date): Promise<PasswordResetRow | null> =>
  row(
    tx,
    `SELECT r.user_id, r.started_by FROM password_reset r
     WHERE r.organization_id = $1 AND r.token_hash = $2 AND r.expires_at > $3`,
    [token.organizationId, hashOf(token), now],
  );

/** Uses it up; false when somebody else has. */
export async function usePasswordReset(tx: Tx, token: ScopedSecret, now: Date): Promise<boolean> {
  const used = await rows(
    tx,
    `DELETE FROM password_reset r WHERE r.organization_id = $1 AND r.token_hash = $2 AND r.expires_at > $3
     RETURNING r.user_id`,
    [token.organizationId, hashOf(token), now],
  );
  return used.length === 1;
}

/** Whatever was begun for this person is void. */
export const dropPasswordReset = (tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<unknown> =>
  rows(tx, 'DELETE FROM password_reset r WHERE r.organization_id = $1 AND r.user_id = $2', [organizationId, userId]);

export const deleteOldPasswordResets = (tx: Tx, organizationId: OrganizationId, now: Date): Promise<unknown> =>
  rows(tx, 'DELETE FROM password_reset r WHERE r.organization_id = $1 AND r.expires_at < $2', [organizationId, now]);

export const writePassword = (tx: Tx, organizationId: OrganizationId, userId: UserId, hash: string): Promise<unknown> =>
  rows(tx, 'UPDATE app_user u SET password_hash = $3 WHERE u.organization_id = $1 AND u.id = $2', [
    organizationId,
    userId,
    hash,
  ]);
