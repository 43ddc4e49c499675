import type { z } from 'zod';
import type { pool } from '@relais/contracts';
import type { OrganizationId, PoolId } from '@relais/kernel';
import type { EntityManager } from 'typeorm';
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

export const findPool = (tx: EntityManager, organizationId: OrganizationId, id: PoolId): Promise<PoolRow | null> =>
  row(tx, `SELECT ${COLUMNS} FROM pool p WHERE p.organization_id = $1 AND p.id = $2`, [organizationId, id]);

export const listPoolRows = (tx: EntityManager, organizationId: OrganizationId): Promise<PoolRow[]> =>
  rows(tx, `SELECT ${COLUMNS} FROM pool p WHERE p.organization_id = $1 ORDER BY p.created_at, p.id`, [organizationId]);

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
