import type { OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';

export interface FactorRow {
  id: string;
  user_id: UserId;
  kind: 'totp' | 'passkey';
  name_sealed: Buffer;
  secret_sealed: Buffer | null;
  credential_id: string | null;
  public_key: Buffer | null;
  sign_count: string | null;
  transports: string[];
  confirmed_at: Date | null;
  created_at: Date;
  last_used_at: Date | null;
}

/** What a person has in use, oldest first. */
export const confirmedFactors = (tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<FactorRow[]> =>
  rows(
    tx,
    `SELECT f.* FROM factor f WHERE f.organization_id = $1 AND f.user_id = $2 AND f.confirmed_at IS NOT NULL
     ORDER BY f.created_at, f.id`,
    [organizationId, userId],
  );

export const findFactor = (
  tx: Tx,
  organizationId: OrganizationId,
  userId: UserId,
  id: string,
): Promise<FactorRow | null> =>
  row(tx, 'SELECT f.* FROM factor f WHERE f.organization_id = $1 AND f.user_id = $2 AND f.id = $3', [
    organizationId,
    userId,
    id,
  ]);

export const findPasskey = (tx: Tx, organizationId: OrganizationId, credentialId: string): Promise<FactorRow | null> =>
  row(
    tx,
    'SELECT f.* FROM factor f WHERE f.organization_id = $1 AND f.credential_id = $2 AND f.confirmed_at IS NOT NULL',
    [organizationId, credentialId],
  );

export interface NewTotp {
  id: string;
  userId: UserId;
  nameSealed: Buffer;
  secretSealed: Buffer;
  now: Date;
}

/** In place of any that the person has begun and never confirmed. */
export async function insertTotp(tx: Tx, organizationId: OrganizationId, totp: NewTotp): Promise<void> {
  await rows(
    tx,
    `DELETE FROM factor f WHERE f.organization_id = $1 AND f.user_id = $2 AND f.kind = 'totp' AND f.confirmed_at IS NULL`,
    [organizationId, totp.userId],
  );
  await rows(
    tx,
    `INSERT INTO factor (organization_id, id, user_id, kind, name_sealed, secret_sealed, created_at)
     VALUES ($1, $2, $3, 'totp', $4, $5, $6)`,
    [organizationId, totp.id, totp.userId, totp.nameSealed, totp.secretSealed, totp.now],
  );
}

export interface NewPasskey {
  id: string;
  userId: UserId;
  nameSealed: Buffer;
  credentialId: string;
  publicKey: Uint8Array;
  signCount: number;
  transports: readonly string[];
  now: Date;
}

/** False when this authenticator's credential is known already. */
export async function insertPasskey(tx: Tx, organizationId: OrganizationId, passkey: NewPasskey): Promise<boolean> {
  const { id, userId, nameSealed, credentialId, publicKey, signCount, transports, now } = passkey;
  const added = await rows(
    tx,
    `INSERT INTO factor (organization_id, id, user_id, kind, name_sealed, credential_id, public_key, sign_count, transports, confirmed_at, created_at)
     VALUES ($1, $2, $3, 'passkey', $4, $5, $6, $7, $8, $9, $9) ON CONFLICT DO NOTHING RETURNING id`,
    [organizationId, id, userId, nameSealed, credentialId, Buffer.from(publicKey), signCount, transports, now],
  );
  return added.length === 1;
}

/** Uses a time step of a TOTP; false when it, or a later one, was used before. Confirms it with its first use. */
export async function useStep(
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  { step, now }: { step: number; now: Date },
): Promise<boolean> {
  const used = await rows(
    tx,
    `UPDATE factor f SET last_step = $3, last_used_at = $4, confirmed_at = coalesce(f.confirmed_at, $4)
     WHERE f.organization_id = $1 AND f.id = $2 AND (f.last_step IS NULL OR f.last_step < $3) RETURNING f.id`,
    [organizationId, id, step, now],
  );
  return used.length === 1;
}

/** Moves the counter of a passkey; authenticators that do not count stay at zero. */
export async function useCounter(
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  { counter, now }: { counter: number; now: Date },
): Promise<boolean> {
  const used = await rows(
    tx,
    `UPDATE factor f SET sign_count = $3, last_used_at = $4
     WHERE f.organization_id = $1 AND f.id = $2 AND (f.sign_count < $3 OR ($3 = 0 AND f.sign_count = 0)) RETURNING f.id`,
    [organizationId, id, counter, now],
  );
  return used.length === 1;
}

export async function deleteFactor(tx: Tx, organizationId: OrganizationId, userId: UserId, id: string) {
  return row<{ kind: 'totp' | 'passkey' }>(
    tx,
    'DELETE FROM factor f WHERE f.organization_id = $1 AND f.user_id = $2 AND f.id = $3 RETURNING f.kind',
    [organizationId, userId, id],
  );
}

export async function replaceRecoveryCodes(
  tx: Tx,
  organizationId: OrganizationId,
  userId: UserId,
  hashes: readonly Buffer[],
): Promise<void> {
  await rows(tx, 'DELETE FROM recovery_code c WHERE c.organization_id = $1 AND c.user_id = $2', [
    organizationId,
    userId,
  ]);
  await rows(
    tx,
    `INSERT INTO recovery_code (organization_id, user_id, code_hash) SELECT $1, $2, h.hash FROM unnest($3::bytea[]) AS h (hash)`,
    [organizationId, userId, hashes],
  );
}

/** Uses a code; false when there is none like it, or it was used before. */
export async function useRecoveryCode(
  tx: Tx,
  organizationId: OrganizationId,
  userId: UserId,
  { codeHash, now }: { codeHash: Buffer; now: Date },
): Promise<boolean> {
  const used = await rows(
    tx,
    `UPDATE recovery_code c SET used_at = $4
     WHERE c.organization_id = $1 AND c.user_id = $2 AND c.code_hash = $3 AND c.used_at IS NULL RETURNING c.user_id`,
    [organizationId, userId, codeHash, now],
  );
  return used.length === 1;
}

export async function recoveryCodesLeft(tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<number> {
  const found = await row<{ left: number }>(
    tx,
    `SELECT count(*)::int AS left FROM recovery_code c
     WHERE c.organization_id = $1 AND c.user_id = $2 AND c.used_at IS NULL`,
    [organizationId, userId],
  );
  return found?.left ?? 0;
}
