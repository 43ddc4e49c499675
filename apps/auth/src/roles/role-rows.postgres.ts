import type { CustomRole, Permission, RoleAssignment } from '@relais/contracts';
import type { OrganizationId, PoolId, RoleId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import type { PersonalData } from '../sealing/personal-data.js';

export interface RoleRow {
  id: RoleId;
  name_sealed: Buffer;
  permissions: Permission[];
  created_at: Date;
  assignments: number;
}

const COLUMNS = `r.id, r.name_sealed, r.permissions, r.created_at,
  (SELECT count(*)::int FROM role_assignment a WHERE a.organization_id = r.organization_id AND a.role_id = r.id) AS assignments`;

export const listRoleRows = (tx: Tx, organizationId: OrganizationId): Promise<RoleRow[]> =>
  rows(tx, `SELECT ${COLUMNS} FROM custom_role r WHERE r.organization_id = $1 ORDER BY r.created_at, r.id`, [
    organizationId,
  ]);

/** The role, which stays as it is until the transaction ends. */
export const holdRole = (tx: Tx, organizationId: OrganizationId, id: RoleId): Promise<RoleRow | null> =>
  row(tx, `SELECT ${COLUMNS} FROM custom_role r WHERE r.organization_id = $1 AND r.id = $2 FOR SHARE OF r`, [
    organizationId,
    id,
  ]);

export interface RoleDraft {
  organizationId: OrganizationId;
  id: RoleId;
  nameSealed: Buffer;
  permissions: readonly Permission[];
  now: Date;
}

export async function writeRole(tx: Tx, draft: RoleDraft): Promise<void> {
  await rows(
    tx,
    `INSERT INTO custom_role (organization_id, id, name_sealed, permissions, created_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (organization_id, id) DO UPDATE SET name_sealed = excluded.name_sealed, permissions = excluded.permissions`,
    [draft.organizationId, draft.id, draft.nameSealed, draft.permissions, draft.now],
  );
}

/** Deletes the role and every assignment of it. */
export async function deleteRoleRow(tx: Tx, organizationId: OrganizationId, id: RoleId): Promise<void> {
  await rows(tx, 'DELETE FROM custom_role r WHERE r.organization_id = $1 AND r.id = $2', [organizationId, id]);
}

export interface AssignmentKey {
  roleId: RoleId;
  userId: UserId;
  poolId: PoolId | null;
}

/** False when the person has it already. */
export async function insertAssignment(tx: Tx, organizationId: OrganizationId, key: AssignmentKey): Promise<boolean> {
  const added = await rows(
    tx,
    `INSERT INTO role_assignment (organization_id, role_id, user_id, pool_id) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING RETURNING role_id`,
    [organizationId, key.roleId, key.userId, key.poolId],
  );
  return added.length > 0;
}

/** False when the person does not have it. */
export async function deleteAssignment(tx: Tx, organizationId: OrganizationId, key: AssignmentKey): Promise<boolean> {
  const deleted = await rows(
    tx,
    `DELETE FROM role_assignment a WHERE a.organization_id = $1 AND a.role_id = $2 AND a.user_id = $3
       AND a.pool_id IS NOT DISTINCT FROM $4 RETURNING a.role_id`,
    [organizationId, key.roleId, key.userId, key.poolId],
  );
  return deleted.length > 0;
}

/** Who has the role, at most 1,000: all, or with `pools` those who have it for one of these. */
export async function listAssignmentRows(
  tx: Tx,
  organizationId: OrganizationId,
  roleId: RoleId,
  pools: readonly PoolId[] | null,
): Promise<RoleAssignment[]> {
  const found = await rows<AssignmentKey>(
    tx,
    `SELECT a.role_id AS "roleId", a.user_id AS "userId", a.pool_id AS "poolId" FROM role_assignment a
     WHERE a.organization_id = $1 AND a.role_id = $2 AND ($3::uuid[] IS NULL OR a.pool_id = ANY($3))
     ORDER BY a.user_id, a.scope_id LIMIT 1000`,
    [organizationId, roleId, pools],
  );
  return found.map(({ roleId, userId, poolId }) => ({ roleId, userId, ...(poolId ? { poolId } : {}) }));
}

export const countAssignments = async (tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<number> => {
  const found = await row<{ count: number }>(
    tx,
    'SELECT count(*)::int AS count FROM role_assignment a WHERE a.organization_id = $1 AND a.user_id = $2',
    [organizationId, userId],
  );
  return found?.count ?? 0;
};

export async function toRoles(
  personal: PersonalData,
  organizationId: OrganizationId,
  found: readonly RoleRow[],
): Promise<CustomRole[]> {
  const reader = await personal.reader(
    organizationId,
    found.map((one) => one.name_sealed),
  );
  return found.map(({ id, name_sealed, permissions, assignments, created_at }) => ({
    id,
    name: reader.open('custom_role.name', id, name_sealed),
    permissions,
    assignments,
    createdAt: created_at.toISOString(),
  }));
}
