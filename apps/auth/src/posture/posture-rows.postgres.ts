import type { DeviceId, OrganizationId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';

/** Nothing that is older is taken, so nothing that was taken needs to be remembered for longer. */
export const RECEIPT_SECONDS = 2 * 86_400;

/** An id of ours, in small letters. */
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface PostureSourceRow {
  id: string;
  settings_sealed: Buffer;
  created_at: Date;
}

export const findSource = (tx: Tx, organizationId: OrganizationId, id: string): Promise<PostureSourceRow | null> =>
  row(
    tx,
    'SELECT p.id, p.settings_sealed, p.created_at FROM posture_source p WHERE p.organization_id = $1 AND p.id = $2',
    [organizationId, id],
  );

export const listSourceRows = (tx: Tx, organizationId: OrganizationId): Promise<PostureSourceRow[]> =>
  rows(
    tx,
    'SELECT p.id, p.settings_sealed, p.created_at FROM posture_source p WHERE p.organization_id = $1 ORDER BY p.id',
    [organizationId],
  );

export async function writeSource(
  tx: Tx,
  organizationId: OrganizationId,
  { id, settings_sealed, created_at }: PostureSourceRow,
): Promise<void> {
  await rows(
    tx,
    `INSERT INTO posture_source (organization_id, id, settings_sealed, created_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (organization_id, id) DO UPDATE SET settings_sealed = excluded.settings_sealed`,
    [organizationId, id, settings_sealed, created_at],
  );
}

export async function removeSource(tx: Tx, organizationId: OrganizationId, id: string): Promise<boolean> {
  const gone = await rows(
    tx,
    'DELETE FROM posture_source p WHERE p.organization_id = $1 AND p.id = $2 RETURNING p.id',
    [organizationId, id],
  );
  return gone.length === 1;
}

export interface Receipt {
  sourceId: string;
  messageHash: Buffer;
  contentHash: Buffer;
  now: Date;
}

/** `first` the first time; `same` when the very message came before; `other` when something else came under its name. */
export async function noteReceipt(
  tx: Tx,
  organizationId: OrganizationId,
  { sourceId, messageHash, contentHash, now }: Receipt,
): Promise<'first' | 'same' | 'other'> {
  const added = await rows(
    tx,
    `INSERT INTO posture_receipt (organization_id, source_id, message_hash, content_hash, received_at)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING source_id`,
    [organizationId, sourceId, messageHash, contentHash, now],
  );
  if (added.length === 1) return 'first';
  const known = await row<{ content_hash: Buffer }>(
    tx,
    `SELECT r.content_hash FROM posture_receipt r
     WHERE r.organization_id = $1 AND r.source_id = $2 AND r.message_hash = $3`,
    [organizationId, sourceId, messageHash],
  );
  return known?.content_hash.equals(contentHash) ? 'same' : 'other';
}

export const deleteOldReceipts = (tx: Tx, organizationId: OrganizationId, before: Date): Promise<unknown> =>
  rows(tx, 'DELETE FROM posture_receipt r WHERE r.organization_id = $1 AND r.received_at < $2', [
    organizationId,
    before,
  ]);

/** A phone has one id in device management, and may have had Relais installed several times. */
export const devicesCalled = (
  tx: Tx,
  organizationId: OrganizationId,
  { deviceId, mdmIdIndex }: { deviceId: string | null; mdmIdIndex: Buffer },
): Promise<{ id: DeviceId }[]> =>
  rows(
    tx,
    `SELECT d.id FROM device d WHERE d.organization_id = $1 AND (d.id = $2 OR d.mdm_id_index = $3)
       AND d.state NOT IN ('wiped', 'gone') ORDER BY d.id LIMIT 100`,
    [organizationId, deviceId, mdmIdIndex],
  );

/** Writes down the last word about a device; false when a later one is known. The caller holds its row. */
export async function notePosture(
  tx: Tx,
  organizationId: OrganizationId,
  deviceId: DeviceId,
  { isCompliant, at }: { isCompliant: boolean; at: Date },
): Promise<boolean> {
  const noted = await rows(
    tx,
    `UPDATE device d SET posture = $3, posture_at = $4 WHERE d.organization_id = $1 AND d.id = $2
       AND (d.posture_at IS NULL OR d.posture_at <= $4) RETURNING d.id`,
    [organizationId, deviceId, isCompliant ? 'compliant' : 'not_compliant', at],
  );
  return noted.length === 1;
}

/** Under which id device management knows a device. */
export const writeMdmId = (
  tx: Tx,
  organizationId: OrganizationId,
  deviceId: DeviceId,
  mdmIdIndex: Buffer,
): Promise<unknown> =>
  rows(tx, 'UPDATE device d SET mdm_id_index = $3 WHERE d.organization_id = $1 AND d.id = $2', [
    organizationId,
    deviceId,
    mdmIdIndex,
  ]);
