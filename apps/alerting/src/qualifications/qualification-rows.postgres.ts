import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';

export interface QualificationRow {
  id: string;
  name_sealed: Buffer;
  holders: number;
}

const IS_VALID = '(h.valid_until IS NULL OR h.valid_until > clock_timestamp())';

/** All, or those of these ids. */
export const listQualificationRows = (
  tx: Tx,
  organizationId: OrganizationId,
  ids?: readonly string[],
): Promise<QualificationRow[]> =>
  rows<QualificationRow>(
    tx,
    `SELECT q.id, q.name_sealed, (SELECT count(*)::int FROM qualification_holder h
       WHERE h.organization_id = q.organization_id AND h.qualification_id = q.id AND ${IS_VALID}) AS holders
     FROM qualification q WHERE q.organization_id = $1 AND ($2::uuid[] IS NULL OR q.id = ANY($2)) ORDER BY q.id`,
    [organizationId, ids ?? null],
  );

export const writeQualification = (
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  nameSealed: Buffer,
): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO qualification (organization_id, id, name_sealed) VALUES ($1, $2, $3)
     ON CONFLICT (organization_id, id) DO UPDATE SET name_sealed = excluded.name_sealed, changed_at = now()`,
    [organizationId, id, nameSealed],
  );

export async function dropQualification(tx: Tx, organizationId: OrganizationId, id: string): Promise<boolean> {
  const gone = await rows(tx, 'DELETE FROM qualification q WHERE q.organization_id = $1 AND q.id = $2 RETURNING q.id', [
    organizationId,
    id,
  ]);
  return gone.length === 1;
}

/** @returns false when there is no such qualification */
export async function writeHolder(
  tx: Tx,
  organizationId: OrganizationId,
  { qualificationId, userId, validUntil }: { qualificationId: string; userId: UserId; validUntil: string | null },
): Promise<boolean> {
  const written = await rows(
    tx,
    `INSERT INTO qualification_holder (organization_id, qualification_id, user_id, valid_until)
     SELECT q.organization_id, q.id, $3, $4 FROM qualification q WHERE q.organization_id = $1 AND q.id = $2
     ON CONFLICT (organization_id, qualification_id, user_id) DO UPDATE SET valid_until = excluded.valid_until
     RETURNING user_id`,
    [organizationId, qualificationId, userId, validUntil],
  );
  return written.length === 1;
}

export async function dropHolder(
  tx: Tx,
  organizationId: OrganizationId,
  qualificationId: string,
  userId: UserId,
): Promise<boolean> {
  const gone = await rows(
    tx,
    `DELETE FROM qualification_holder h WHERE h.organization_id = $1 AND h.qualification_id = $2 AND h.user_id = $3
     RETURNING h.user_id`,
    [organizationId, qualificationId, userId],
  );
  return gone.length === 1;
}

export interface HolderRow {
  user_id: UserId;
  valid_until: Date | null;
  is_valid: boolean;
}

/** In the order of their ids. */
export const holderPage = (
  tx: Tx,
  organizationId: OrganizationId,
  qualificationId: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<HolderRow[]> =>
  rows<HolderRow>(
    tx,
    `SELECT h.user_id, h.valid_until, ${IS_VALID} AS is_valid FROM qualification_holder h
     WHERE h.organization_id = $1 AND h.qualification_id = $2 AND ($3::uuid IS NULL OR h.user_id > $3)
     ORDER BY h.user_id LIMIT $4`,
    [organizationId, qualificationId, after, limit],
  );

/** Whoever validly holds one of these. */
export const holdersOf = async (
  tx: Tx,
  organizationId: OrganizationId,
  qualificationIds: readonly string[],
): Promise<UserId[]> =>
  (
    await rows<{ user_id: UserId }>(
      tx,
      `SELECT DISTINCT h.user_id FROM qualification_holder h
       WHERE h.organization_id = $1 AND h.qualification_id = ANY($2::uuid[]) AND ${IS_VALID} ORDER BY h.user_id`,
      [organizationId, qualificationIds],
    )
  ).map(({ user_id }) => user_id);

/** What each of these people validly holds of these. Whoever holds none is not in it. */
export const qualificationsOf = (
  tx: Tx,
  organizationId: OrganizationId,
  userIds: readonly UserId[],
  qualificationIds: readonly string[],
): Promise<{ user_id: UserId; held: string[] }[]> =>
  rows(
    tx,
    `SELECT h.user_id, array_agg(h.qualification_id) AS held FROM qualification_holder h
     WHERE h.organization_id = $1 AND h.user_id = ANY($2::uuid[]) AND h.qualification_id = ANY($3::uuid[]) AND ${IS_VALID}
     GROUP BY h.user_id`,
    [organizationId, userIds, qualificationIds],
  );

/** Whoever of these does not hold it, or will not any more in so many days. */
export const withoutQualification = async (
  tx: Tx,
  organizationId: OrganizationId,
  { qualificationId, userIds, days }: { qualificationId: string; userIds: readonly UserId[]; days: number },
): Promise<{ userId: UserId; ends: boolean }[]> =>
  (
    await rows<{ user_id: UserId; ends: boolean }>(
      tx,
      `SELECT u.id AS user_id, h.user_id IS NOT NULL AS ends FROM unnest($3::uuid[]) AS u (id)
       LEFT JOIN qualification_holder h ON h.organization_id = $1 AND h.qualification_id = $2 AND h.user_id = u.id AND ${IS_VALID}
       WHERE h.user_id IS NULL OR h.valid_until < clock_timestamp() + make_interval(days => $4) ORDER BY u.id`,
      [organizationId, qualificationId, userIds, days],
    )
  ).map(({ user_id, ends }) => ({ userId: user_id, ends }));

export const hasQualification = async (tx: Tx, organizationId: OrganizationId, id: string): Promise<boolean> =>
  (await row(tx, 'SELECT 1 FROM qualification q WHERE q.organization_id = $1 AND q.id = $2', [organizationId, id])) !==
  null;
