import type { DeviceId, OrganizationId, UserId } from '@relais/kernel';
import type { DeviceState } from '@relais/contracts';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import { hashOf, type ScopedSecret } from '../secrets/scoped-secret.js';

export interface RemoteSecretRow {
  device_id: DeviceId;
  token_hash: Buffer;
  secret_sealed: Buffer;
  locked_at: Date | null;
  locked_by: UserId | null;
}

export type HeldSecret = RemoteSecretRow & {
  user_id: UserId;
  user_state: 'active' | 'disabled';
  device_state: DeviceState;
  public_key: string;
};

/** In place of any before; false when the device is locked. */
export async function writeRemoteSecret(
  tx: Tx,
  token: ScopedSecret,
  { deviceId, sealed, now }: { deviceId: DeviceId; sealed: Buffer; now: Date },
): Promise<boolean> {
  const written = await rows(
    tx,
    `INSERT INTO remote_secret AS r (organization_id, device_id, token_hash, secret_sealed, activated_at)
     VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (organization_id, device_id) DO UPDATE SET token_hash = excluded.token_hash,
       secret_sealed = excluded.secret_sealed, activated_at = excluded.activated_at
     WHERE r.locked_at IS NULL RETURNING r.device_id`,
    [token.organizationId, deviceId, hashOf(token), sealed, now],
  );
  return written.length === 1;
}

export async function deleteRemoteSecret(tx: Tx, organizationId: OrganizationId, deviceId: DeviceId): Promise<boolean> {
  const gone = await rows(
    tx,
    'DELETE FROM remote_secret r WHERE r.organization_id = $1 AND r.device_id = $2 AND r.locked_at IS NULL RETURNING r.device_id',
    [organizationId, deviceId],
  );
  return gone.length === 1;
}

/** That of this token and device, with what decides whether it is given. */
export const findHeldSecret = (tx: Tx, token: ScopedSecret, deviceId: DeviceId): Promise<HeldSecret | null> =>
  row(
    tx,
    `SELECT r.*, d.user_id, d.state AS device_state, d.public_key, u.state AS user_state FROM remote_secret r
     JOIN device d ON d.organization_id = r.organization_id AND d.id = r.device_id
     JOIN app_user u ON u.organization_id = d.organization_id AND u.id = d.user_id
     WHERE r.organization_id = $1 AND r.device_id = $2 AND r.token_hash = $3`,
    [token.organizationId, deviceId, hashOf(token)],
  );

/** The secret of a device, locked until the transaction ends. The caller holds the device. */
export const lockRemoteSecret = (
  tx: Tx,
  organizationId: OrganizationId,
  deviceId: DeviceId,
): Promise<RemoteSecretRow | null> =>
  row(tx, 'SELECT r.* FROM remote_secret r WHERE r.organization_id = $1 AND r.device_id = $2 FOR UPDATE', [
    organizationId,
    deviceId,
  ]);

/** Withholds it, or with null gives it again. */
export const markLocked = (
  tx: Tx,
  organizationId: OrganizationId,
  deviceId: DeviceId,
  locked: { by: UserId; at: Date } | null,
): Promise<unknown> =>
  rows(
    tx,
    'UPDATE remote_secret r SET locked_at = $3, locked_by = $4 WHERE r.organization_id = $1 AND r.device_id = $2',
    [organizationId, deviceId, locked?.at ?? null, locked?.by ?? null],
  );
