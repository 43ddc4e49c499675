import type { z } from 'zod';
import type { pool } from '@relais/contracts';
import type { OrganizationId, PoolId, UserId } from '@relais/kernel';
import { tellContactsChanged } from '../contact-policy/tell-change.js';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import type { PersonalData } from '../sealing/personal-data.js';

export type Pool = z.infer<typeof pool>;

export interface PoolRow {
  id: PoolId;
  name_sealed: Buffer;
  is_default: boolean;
  created_at: Date;
  users: number;
}

const COLUMNS = `p.id, p.name_sealed, p.is_default, p.created_at,
  (SELECT count(*)::int FROM pool_user m WHERE m.organization_id = p.organization_id AND m.pool_id = p.id) AS users`;

export const findPool = (tx: Tx, organizationId: OrganizationId, id: PoolId): Promise<PoolRow | null> =>
  row(tx, `SELECT ${COLUMNS} FROM pool p WHERE p.organization_id = $1 AND p.id = $2`, [organizationId, id]);

/** All pools, or only these. */
export const listPoolRows = (
  tx: Tx,
  organizationId: OrganizationId,
  ids: readonly PoolId[] | null = null,
): Promise<PoolRow[]> =>
  rows(
    tx,
    `SELECT ${COLUMNS} FROM pool p WHERE p.organization_id = $1 AND ($2::uuid[] IS NULL OR p.id = ANY($2))
     ORDER BY p.created_at, p.id`,
    [organizationId, ids],
  );

/** Pools as administrators see them. */
export async function toPools(
  personal: PersonalData,
  organizationId: OrganizationId,
  found: readonly PoolRow[],
): Promise<Pool[]> {
  const sealed = found.map((one) => one.name_sealed);
  const reader = await personal.reader(organizationId, sealed);
  return found.map(({ id, name_sealed, is_default, created_at, users }) => ({
    id,
    name: reader.open('pool.name', id, name_sealed),
    isDefault: is_default,
    users,
    createdAt: created_at.toISOString(),
  }));
}

export async function toPool(personal: PersonalData, organizationId: OrganizationId, found: PoolRow): Promise<Pool> {
  const [only] = await toPools(personal, organizationId, [found]);
  return only as Pool;
}

export interface NewPool {
  organizationId: OrganizationId;
  id: PoolId;
  nameSealed: Buffer;
  now: Date;
}

/** Adds a pool; false, changing nothing, when there is one with this id. */
export async function insertPool(tx: Tx, { organizationId, id, nameSealed, now }: NewPool): Promise<boolean> {
  const added = await rows(
    tx,
    `INSERT INTO pool (organization_id, id, name_sealed, created_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (organization_id, id) DO NOTHING RETURNING id`,
    [organizationId, id, nameSealed, now],
  );
  return added.length > 0;
}

export async function updatePoolName(
  tx: Tx,
  organizationId: OrganizationId,
  id: PoolId,
  nameSealed: Buffer,
): Promise<void> {
  await rows(tx, 'UPDATE pool p SET name_sealed = $3 WHERE p.organization_id = $1 AND p.id = $2', [
    organizationId,
    id,
    nameSealed,
  ]);
}

/** Where people go who were invited into no pool in particular. Every organization has one. */
export async function defaultPool(tx: Tx, organizationId: OrganizationId): Promise<PoolId> {
  const found = await row<{ id: PoolId }>(tx, 'SELECT p.id FROM pool p WHERE p.organization_id = $1 AND p.is_default', [
    organizationId,
  ]);
  if (!found) throw new Error('an organization without a default pool');
  return found.id;
}

/** Whether all of these distinct ids are pools here. */
export async function arePools(tx: Tx, organizationId: OrganizationId, ids: readonly PoolId[]): Promise<boolean> {
  const found = await row<{ count: number }>(
    tx,
    'SELECT count(*)::int AS count FROM pool p WHERE p.organization_id = $1 AND p.id = ANY($2::uuid[])',
    [organizationId, ids],
  );
  return found?.count === ids.length;
}

/** Puts somebody into a pool, and has looked at again whom they may meet. */
export async function insertPoolUser(
  tx: Tx,
  organizationId: OrganizationId,
  poolId: PoolId,
  userId: UserId,
): Promise<void> {
  await rows(
    tx,
    'INSERT INTO pool_user (organization_id, pool_id, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [organizationId, poolId, userId],
  );
  await tellContactsChanged(tx, organizationId, [userId]);
}

/** Takes somebody out of a pool; a moment later, out of the conversations where they may not be without it. */
export async function deletePoolUser(
  tx: Tx,
  organizationId: OrganizationId,
  poolId: PoolId,
  userId: UserId,
): Promise<void> {
  await rows(tx, 'DELETE FROM pool_user m WHERE m.organization_id = $1 AND m.pool_id = $2 AND m.user_id = $3', [
    organizationId,
    poolId,
    userId,
  ]);
  await tellContactsChanged(tx, organizationId, [userId]);
}
