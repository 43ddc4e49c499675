import type { AppPolicyLayer, AppPolicyReport, AppPolicySettings } from '@relais/contracts';
import type { DeviceId, OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import type { Layers } from './merge.js';

export interface LayerKey {
  layer: AppPolicyLayer;
  subjectId: string;
}

export interface LayerRow {
  settings: AppPolicySettings;
  updated_at: Date;
}

export const findLayer = (
  tx: Tx,
  organizationId: OrganizationId,
  { layer, subjectId }: LayerKey,
): Promise<LayerRow | null> =>
  row(
    tx,
    'SELECT a.settings, a.updated_at FROM app_policy a WHERE a.organization_id = $1 AND a.layer = $2 AND a.subject_id = $3',
    [organizationId, layer, subjectId],
  );

/** Whether there is such an organization, pool or device in the organization. */
export async function subjectExists(tx: Tx, organizationId: OrganizationId, key: LayerKey): Promise<boolean> {
  if (key.layer === 'organization') return key.subjectId === organizationId;
  const found = await row(
    tx,
    `SELECT p.id FROM pool p WHERE $3 = 'pool' AND p.organization_id = $1 AND p.id = $2
     UNION ALL SELECT d.id FROM device d WHERE $3 = 'device' AND d.organization_id = $1 AND d.id = $2`,
    [organizationId, key.subjectId, key.layer],
  );
  return found !== null;
}

export async function writeLayer(
  tx: Tx,
  organizationId: OrganizationId,
  { layer, subjectId }: LayerKey,
  settings: AppPolicySettings,
  now: Date,
): Promise<void> {
  await rows(
    tx,
    `INSERT INTO app_policy (organization_id, layer, subject_id, settings, updated_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (organization_id, layer, subject_id) DO UPDATE SET settings = excluded.settings, updated_at = excluded.updated_at`,
    [organizationId, layer, subjectId, JSON.stringify(settings), now],
  );
}

/** What every layer says to this person on this device; pools in the order of their ids. */
export async function readLayers(
  tx: Tx,
  organizationId: OrganizationId,
  { userId, deviceId }: { userId: UserId; deviceId: DeviceId | undefined },
): Promise<Layers> {
  const found = await rows<LayerRow & { layer: AppPolicyLayer }>(
    tx,
    `SELECT a.layer, a.settings FROM app_policy a
     WHERE a.organization_id = $1 AND (
       (a.layer = 'organization' AND a.subject_id = $1)
       OR (a.layer = 'device' AND a.subject_id = $3)
       OR (a.layer = 'pool' AND a.subject_id IN (
         SELECT p.pool_id FROM pool_user p WHERE p.organization_id = $1 AND p.user_id = $2)))
     ORDER BY a.subject_id`,
    [organizationId, userId, deviceId ?? null],
  );
  const said = (layer: AppPolicyLayer) => found.filter((one) => one.layer === layer).map(({ settings }) => settings);
  return { organization: said('organization')[0] ?? {}, pools: said('pool'), device: said('device')[0] ?? {} };
}

/** Whether the person exists and, where one is named, the device is theirs. */
export async function isPersonWithDevice(
  tx: Tx,
  organizationId: OrganizationId,
  { userId, deviceId }: { userId: UserId; deviceId?: DeviceId | undefined },
): Promise<boolean> {
  const found = await row(
    tx,
    `SELECT u.id FROM app_user u WHERE u.organization_id = $1 AND u.id = $2 AND ($3::uuid IS NULL OR EXISTS (
       SELECT 1 FROM device d WHERE d.organization_id = $1 AND d.id = $3 AND d.user_id = $2))`,
    [organizationId, userId, deviceId ?? null],
  );
  return found !== null;
}

export interface ReportRow {
  device_id: DeviceId;
  user_id: UserId;
  version: string;
  is_compliant: boolean;
  app_version: string;
  os_version: string;
  not_applied: AppPolicyReport['notApplied'];
  reported_at: Date;
}

export const isCompliantNow = async (
  tx: Tx,
  organizationId: OrganizationId,
  deviceId: DeviceId,
): Promise<boolean | null> =>
  (
    await row<{ is_compliant: boolean }>(
      tx,
      'SELECT r.is_compliant FROM app_policy_report r WHERE r.organization_id = $1 AND r.device_id = $2',
      [organizationId, deviceId],
    )
  )?.is_compliant ?? null;

export async function writeReport(
  tx: Tx,
  organizationId: OrganizationId,
  report: Omit<ReportRow, 'user_id'>,
): Promise<void> {
  await rows(
    tx,
    `INSERT INTO app_policy_report (organization_id, device_id, version, is_compliant, app_version, os_version, not_applied, reported_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (organization_id, device_id) DO UPDATE SET version = excluded.version, is_compliant = excluded.is_compliant,
       app_version = excluded.app_version, os_version = excluded.os_version, not_applied = excluded.not_applied,
       reported_at = excluded.reported_at`,
    [
      organizationId,
      report.device_id,
      report.version,
      report.is_compliant,
      report.app_version,
      report.os_version,
      JSON.stringify(report.not_applied),
      report.reported_at,
    ],
  );
}

/** Reports in the order of the devices' ids. */
export const listReportRows = (
  tx: Tx,
  organizationId: OrganizationId,
  { after, limit }: { after: string | null; limit: number },
): Promise<ReportRow[]> =>
  rows(
    tx,
    `SELECT r.*, d.user_id FROM app_policy_report r
     JOIN device d ON d.organization_id = r.organization_id AND d.id = r.device_id
     WHERE r.organization_id = $1 AND ($2::uuid IS NULL OR r.device_id > $2) ORDER BY r.device_id LIMIT $3`,
    [organizationId, after, limit],
  );
