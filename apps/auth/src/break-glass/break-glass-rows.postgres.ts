import type { DeviceId, OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';

export interface BreakGlassRow {
  id: string;
  user_id: UserId;
  device_id: DeviceId;
  issued_by: UserId;
  created_at: Date;
  expires_at: Date;
  last_used_at: Date | null;
}

const COLUMNS = 'b.id, b.user_id, b.device_id, b.issued_by, b.created_at, b.expires_at, b.last_used_at';

export interface NewBreakGlass {
  id: string;
  userId: UserId;
  deviceId: DeviceId;
  secretHash: Buffer;
  issuedBy: UserId;
  now: Date;
  expiresAt: Date;
}

export async function insertBreakGlass(tx: Tx, organizationId: OrganizationId, draft: NewBreakGlass): Promise<void> {
  const { id, userId, deviceId, secretHash, issuedBy, now, expiresAt } = draft;
  await rows(
    tx,
    `INSERT INTO break_glass (organization_id, id, user_id, device_id, secret_hash, issued_by, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [organizationId, id, userId, deviceId, secretHash, issuedBy, now, expiresAt],
  );
}

export async function countBreakGlass(
  tx: Tx,
  organizationId: OrganizationId,
  userId: UserId,
  now: Date,
): Promise<number> {
  const found = await row<{ count: number }>(
    tx,
    'SELECT count(*)::int AS count FROM break_glass b WHERE b.organization_id = $1 AND b.user_id = $2 AND b.expires_at > $3',
    [organizationId, userId, now],
  );
  return found?.count ?? 0;
}

export const findBreakGlass = (tx: Tx, organizationId: OrganizationId, id: string): Promise<BreakGlassRow | null> =>
  row(tx, `SELECT ${COLUMNS} FROM break_glass b WHERE b.organization_id = $1 AND b.id = $2`, [organizationId, id]);

/** In the order of their ids, which is the order they were issued in. */
export const listBreakGlassRows = (
  tx: Tx,
  organizationId: OrganizationId,
  { userId, after, limit }: { userId: UserId | undefined; after: string | null; limit: number },
): Promise<BreakGlassRow[]> =>
  rows(
    tx,
    `SELECT ${COLUMNS} FROM break_glass b
     WHERE b.organization_id = $1 AND ($2::uuid IS NULL OR b.user_id = $2) AND ($3::uuid IS NULL OR b.id > $3)
     ORDER BY b.id LIMIT $4`,
    [organizationId, userId ?? null, after, limit],
  );

export const removeBreakGlass = (tx: Tx, organizationId: OrganizationId, id: string): Promise<unknown> =>
  rows(tx, 'DELETE FROM break_glass b WHERE b.organization_id = $1 AND b.id = $2', [organizationId, id]);

/** The key of a device that is in use. */
export async function keyOfDevice(tx: Tx, organizationId: OrganizationId, id: DeviceId): Promise<string | null> {
  const found = await row<{ public_key: string }>(
    tx,
    `SELECT d.public_key FROM device d WHERE d.organization_id = $1 AND d.id = $2 AND d.state = 'active'`,
    [organizationId, id],
  );
  return found?.public_key ?? null;
}

/** The credential of this secret for this device, as long as it is good. */
export const findGood = (
  tx: Tx,
  organizationId: OrganizationId,
  { secretHash, deviceId, now }: { secretHash: Buffer; deviceId: DeviceId; now: Date },
): Promise<BreakGlassRow | null> =>
  row(
    tx,
    `SELECT ${COLUMNS} FROM break_glass b JOIN device d ON d.organization_id = b.organization_id AND d.id = b.device_id
       AND d.user_id = b.user_id AND d.state = 'active'
     WHERE b.organization_id = $1 AND b.secret_hash = $2 AND b.device_id = $3 AND b.expires_at > $4`,
    [organizationId, secretHash, deviceId, now],
  );

/** Marks a use. False when this proof, or a later one, was used before, or the credential is not good any more. */
export async function useOnce(
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  { proofAt, now }: { proofAt: number; now: Date },
): Promise<boolean> {
  const used = await rows(
    tx,
    `UPDATE break_glass b SET last_proof_at = $3, last_used_at = $4
     WHERE b.organization_id = $1 AND b.id = $2 AND b.expires_at > $4
       AND (b.last_proof_at IS NULL OR b.last_proof_at < $3) RETURNING b.id`,
    [organizationId, id, proofAt, now],
  );
  return used.length === 1;
}

/** Credentials nobody can use any more. */
export const deleteOldBreakGlass = (tx: Tx, organizationId: OrganizationId, now: Date): Promise<unknown> =>
  rows(tx, 'DELETE FROM break_glass b WHERE b.organization_id = $1 AND b.expires_at < $2', [organizationId, now]);
