import type { NoticeKind, SecurityNotice } from '@relais/contracts';
import type { DeviceId, OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import type { Told } from './told.js';

const KEPT_SECONDS = 90 * 86_400;

interface NoticeRow {
  id: string;
  kind: NoticeKind;
  device_id: DeviceId | null;
  is_new_device: boolean | null;
  raised_at: Date;
}

/** Null when there is no such person any more. A device is new that came to be with the session that was just opened. */
export async function insertNotice(
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  { kind, userId, deviceId }: Told,
  at: Date,
): Promise<SecurityNotice | null> {
  const written = await row<NoticeRow>(
    tx,
    `INSERT INTO security_notice (organization_id, user_id, id, kind, device_id, is_new_device, raised_at)
     SELECT $1, u.id, $3, $4, $5, CASE WHEN $4 = 'signed_in' THEN EXISTS (
         SELECT 1 FROM device d JOIN session s ON s.organization_id = d.organization_id AND s.device_id = d.id
         WHERE d.organization_id = $1 AND d.id = $5 AND s.created_at = d.created_at) END, $6
     FROM app_user u WHERE u.organization_id = $1 AND u.id = $2 AND u.kind = 'person'
     RETURNING *`,
    [organizationId, userId, id, kind, deviceId ?? null, at],
  );
  return written && toNotice(written);
}

/** The newest first. */
export const listNoticeRows = async (
  tx: Tx,
  organizationId: OrganizationId,
  userId: UserId,
  { before, limit }: { before: string | null; limit: number },
): Promise<SecurityNotice[]> => {
  const found = await rows<NoticeRow>(
    tx,
    `SELECT n.* FROM security_notice n WHERE n.organization_id = $1 AND n.user_id = $2 AND ($3::uuid IS NULL OR n.id < $3)
     ORDER BY n.id DESC LIMIT $4`,
    [organizationId, userId, before, limit],
  );
  return found.map(toNotice);
};

export const deleteOldNotices = (tx: Tx, organizationId: OrganizationId, now: Date): Promise<unknown> =>
  rows(tx, 'DELETE FROM security_notice n WHERE n.organization_id = $1 AND n.raised_at < $2', [
    organizationId,
    new Date(now.getTime() - KEPT_SECONDS * 1_000),
  ]);

const toNotice = ({ id, kind, device_id, is_new_device, raised_at }: NoticeRow): SecurityNotice => ({
  id: id as never,
  kind,
  at: raised_at.toISOString(),
  ...(device_id ? { deviceId: device_id } : {}),
  ...(is_new_device === null ? {} : { isNewDevice: is_new_device }),
});
