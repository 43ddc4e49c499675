import type { PushKind } from '@relais/contracts';
import { row, rows, type Tx } from '@relais/database';
import type { DeviceId, OrganizationId, UserId } from '@relais/kernel';

export const PUSH_DAYS = 60;
/** Registrations that somebody renews, on the database's clock. */
export const IS_RENEWED = `p.renewed_at > now() - interval '${PUSH_DAYS} days'`;

export interface PushRow {
  id: string;
  device_id: DeviceId;
  kind: PushKind;
  user_id: UserId;
  target_sealed: Buffer;
  locale: string;
  renewed_at: Date;
  expires_at: Date;
}

const COLUMNS = `p.id, p.device_id, p.kind, p.user_id, p.target_sealed, p.locale, p.renewed_at,
  p.renewed_at + interval '${PUSH_DAYS} days' AS expires_at`;

export interface NewPush {
  deviceId: DeviceId;
  userId: UserId;
  kind: PushKind;
  sealed: Buffer;
  index: Buffer;
  locale: string;
}

/** Whether it was there as it is now. Whoever else was woken there is not any more: the app has another owner. */
export async function writePush(
  tx: Tx,
  organizationId: OrganizationId,
  { deviceId, userId, kind, sealed, index, locale }: NewPush,
): Promise<{ written: PushRow; isNew: boolean }> {
  await rows(
    tx,
    `DELETE FROM push_registration p WHERE p.organization_id = $1 AND p.target_index = $2
       AND (p.device_id, p.kind) <> ($3, $4)`,
    [organizationId, index, deviceId, kind],
  );
  const known = await row(
    tx,
    `SELECT FROM push_registration p WHERE p.organization_id = $1 AND p.device_id = $2 AND p.kind = $3 AND p.user_id = $4
       AND p.target_index = $5`,
    [organizationId, deviceId, kind, userId, index],
  );
  const written = await row<PushRow>(
    tx,
    `INSERT INTO push_registration AS p (organization_id, device_id, kind, user_id, target_sealed, target_index, locale)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (organization_id, device_id, kind) DO UPDATE SET user_id = excluded.user_id,
       id = CASE WHEN p.target_index = excluded.target_index THEN p.id ELSE excluded.id END,
       target_sealed = excluded.target_sealed, target_index = excluded.target_index, locale = excluded.locale,
       renewed_at = excluded.renewed_at
     RETURNING ${COLUMNS}`,
    [organizationId, deviceId, kind, userId, sealed, index, locale],
  );
  return { written: written as PushRow, isNew: known === null };
}

/** What these people are woken by, the device that renewed last first. */
export const pushesOf = (tx: Tx, organizationId: OrganizationId, userIds: readonly UserId[]): Promise<PushRow[]> =>
  rows<PushRow>(
    tx,
    `SELECT ${COLUMNS} FROM push_registration p WHERE p.organization_id = $1 AND p.user_id = ANY($2::uuid[])
       AND ${IS_RENEWED} ORDER BY p.renewed_at DESC, p.id`,
    [organizationId, userIds],
  );

export async function anyPush(tx: Tx, organizationId: OrganizationId): Promise<boolean> {
  const found = await row(
    tx,
    `SELECT FROM push_registration p WHERE p.organization_id = $1 AND ${IS_RENEWED} LIMIT 1`,
    [organizationId],
  );
  return found !== null;
}

export type PushSelection =
  { deviceId: DeviceId; userId: UserId; kind?: PushKind } | { userId: UserId; deviceId?: undefined } | { id: string };

/** @returns how many there were */
export async function dropPushes(tx: Tx, organizationId: OrganizationId, which: PushSelection): Promise<PushRow[]> {
  const { id, deviceId, userId, kind } = which as Partial<Record<'id' | 'deviceId' | 'userId' | 'kind', string>>;
  return rows<PushRow>(
    tx,
    `DELETE FROM push_registration p WHERE p.organization_id = $1 AND ($2::uuid IS NULL OR p.id = $2)
       AND ($3::uuid IS NULL OR p.device_id = $3) AND ($4::uuid IS NULL OR p.user_id = $4)
       AND ($5::text IS NULL OR p.kind = $5) RETURNING ${COLUMNS}`,
    [organizationId, id ?? null, deviceId ?? null, userId ?? null, kind ?? null],
  );
}

/** @returns seconds until the next one is to be forgotten, or null when there is none left */
export async function dropExpiredPushes(tx: Tx, organizationId: OrganizationId): Promise<number | null> {
  await rows(tx, `DELETE FROM push_registration p WHERE p.organization_id = $1 AND NOT (${IS_RENEWED})`, [
    organizationId,
  ]);
  const next = await row<{ s: number | null }>(
    tx,
    `SELECT extract(epoch FROM min(p.renewed_at) + interval '${PUSH_DAYS} days' - now())::float8 AS s
     FROM push_registration p WHERE p.organization_id = $1`,
    [organizationId],
  );
  return next?.s ?? null;
}
