import { type Device, type DevicePublicKey, type NewDevice, openSession } from '@relais/contracts';
import type { DeviceId, OrganizationId, UserId } from '@relais/kernel';
import { jwkThumbprint } from '@relais/security';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';

interface DeviceRow {
  user_id: string;
  state: string;
  key_thumbprint: string;
}

export interface Registration {
  organizationId: OrganizationId;
  userId: UserId;
  device: NewDevice;
  nameSealed: Buffer;
  now: Date;
}

/** False when its id or its key is taken. */
export async function insertDevice(
  tx: Tx,
  { organizationId, userId, device, nameSealed, now }: Registration,
  state: 'pending' | 'active',
): Promise<boolean> {
  const keyThumbprint = jwkThumbprint(device.publicKey);
  const added = await rows(
    tx,
    `INSERT INTO device (organization_id, id, user_id, state, platform, name_sealed, public_key, key_thumbprint, created_at)
     VALUES ($1, $2, $3, $9, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id`,
    [organizationId, device.id, userId, device.platform, nameSealed, device.publicKey.x, keyThumbprint, now, state],
  );
  return added.length === 1;
}

/**
 * Adds a device, or recognises it: same id, same person, same key. Locks its row until the transaction ends, so that two who
 * sign in on it at the same time do so one after the other. The caller holds the person's row.
 *
 * @throws AppError `device_id_reused` when id or key belong to another device, or to one that was put out
 */
export async function registerDevice(tx: Tx, registration: Registration): Promise<{ keyThumbprint: string }> {
  const { organizationId, userId, device } = registration;
  const keyThumbprint = jwkThumbprint(device.publicKey);
  if (await insertDevice(tx, registration, 'active')) return { keyThumbprint };
  const known = await lockDevice(tx, organizationId, device.id);
  const isSame = known?.user_id === userId && known.key_thumbprint === keyThumbprint && known.state === 'active';
  if (!isSame) throw openSession.fail('device_id_reused');
  return { keyThumbprint };
}

const lockDevice = (tx: Tx, organizationId: string, id: string): Promise<DeviceRow | null> =>
  row(
    tx,
    `SELECT d.user_id, d.state, d.key_thumbprint FROM device d WHERE d.organization_id = $1 AND d.id = $2 FOR NO KEY UPDATE`,
    [organizationId, id],
  );

/** A device with its key. */
export const findDevice = (
  tx: Tx,
  organizationId: OrganizationId,
  id: DeviceId,
): Promise<{ platform: NewDevice['platform']; name_sealed: Buffer; public_key: string } | null> =>
  row(tx, 'SELECT d.platform, d.name_sealed, d.public_key FROM device d WHERE d.organization_id = $1 AND d.id = $2', [
    organizationId,
    id,
  ]);

/** Whether this person has signed in from this device, with this key, before. */
export async function isKnownDevice(
  tx: Tx,
  organizationId: OrganizationId,
  userId: UserId,
  { id, publicKey }: { id: DeviceId; publicKey: DevicePublicKey },
): Promise<boolean> {
  const found = await row(
    tx,
    `SELECT d.id FROM device d WHERE d.organization_id = $1 AND d.id = $2 AND d.user_id = $3
       AND d.key_thumbprint = $4 AND d.state = 'active'`,
    [organizationId, id, userId, jwkThumbprint(publicKey)],
  );
  return found !== null;
}

export interface ListedDevice {
  id: DeviceId;
  state: Device['state'];
  platform: string;
  name_sealed: Buffer;
  created_at: Date;
}

/** The devices of a person, the newest first. */
export const listDeviceRows = (tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<ListedDevice[]> =>
  rows(
    tx,
    `SELECT d.id, d.state, d.platform, d.name_sealed, d.created_at FROM device d
     WHERE d.organization_id = $1 AND d.user_id = $2 ORDER BY d.created_at DESC, d.id`,
    [organizationId, userId],
  );

/** Devices in the order of their ids. */
export const listAllDeviceRows = (
  tx: Tx,
  organizationId: OrganizationId,
  selection: { userId?: UserId | undefined; state?: Device['state'] | undefined; after: string | null; limit: number },
): Promise<(ListedDevice & { user_id: UserId })[]> =>
  rows(
    tx,
    `SELECT d.id, d.user_id, d.state, d.platform, d.name_sealed, d.created_at FROM device d
     WHERE d.organization_id = $1 AND ($2::uuid IS NULL OR d.user_id = $2) AND ($3::text IS NULL OR d.state = $3)
       AND ($4::uuid IS NULL OR d.id > $4)
     ORDER BY d.id LIMIT $5`,
    [organizationId, selection.userId ?? null, selection.state ?? null, selection.after, selection.limit],
  );

/** Puts a device of this person out; false when they have no such device. */
export async function markGone(tx: Tx, organizationId: OrganizationId, userId: UserId, id: DeviceId): Promise<boolean> {
  const changed = await rows(
    tx,
    `UPDATE device d SET state = 'gone' WHERE d.organization_id = $1 AND d.id = $2 AND d.user_id = $3 AND d.state <> 'gone'
     RETURNING d.id`,
    [organizationId, id, userId],
  );
  return changed.length > 0;
}
