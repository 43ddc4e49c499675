import { type IdentityProviderSettings, ROLE_LIMITS } from '@relais/contracts';
import type { OrganizationId, PoolId, RoleId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import { countAssignments, deleteAssignment, holdRole, insertAssignment } from '../roles/role-rows.postgres.js';

/** Something a group gives: to be in a pool, a custom role for a pool or everywhere, or to be an administrator. */
export type Given =
  { kind: 'pool'; poolId: PoolId } | { kind: 'role'; roleId: RoleId; poolId: PoolId | null } | { kind: 'admin' };

export interface Receiver {
  organizationId: OrganizationId;
  providerId: string;
  userId: UserId;
}

interface GrantRow {
  kind: Given['kind'];
  target_id: string | null;
  pool_id: PoolId | null;
}

/** What these groups give, each once. */
export function givenBy(groups: readonly string[], settings: IdentityProviderSettings): Given[] {
  const found = (settings.groups?.mappings ?? [])
    .filter(({ group }) => groups.includes(group))
    .flatMap(({ poolId, role, roleId }): Given[] => [
      ...(poolId ? [{ kind: 'pool' as const, poolId }] : []),
      ...(roleId ? [{ kind: 'role' as const, roleId, poolId: poolId ?? null }] : []),
      ...(role === 'admin' ? [{ kind: 'admin' as const }] : []),
    ]);
  return [...new Map(found.map((given) => [keyOf(given), given])).values()];
}

export const keyOf = (given: Given): string => JSON.stringify(toRow(given));

const toRow = (given: Given): [string, string | null, PoolId | null] => {
  if (given.kind === 'admin') return ['admin', null, null];
  return given.kind === 'pool' ? ['pool', null, given.poolId] : ['role', given.roleId, given.poolId];
};

const fromRow = ({ kind, target_id, pool_id }: GrantRow): Given => {
  if (kind === 'admin') return { kind };
  return kind === 'pool' ? { kind, poolId: pool_id as PoolId } : { kind, roleId: target_id as RoleId, poolId: pool_id };
};

/** What this provider has given the person and not taken again. */
export async function grantsFrom(tx: Tx, { organizationId, providerId, userId }: Receiver): Promise<Given[]> {
  const found = await rows<GrantRow>(
    tx,
    `SELECT g.kind, g.target_id, g.pool_id FROM identity_provider_grant g
     WHERE g.organization_id = $1 AND g.provider_id = $2 AND g.user_id = $3`,
    [organizationId, providerId, userId],
  );
  return found.map(fromRow);
}

async function isFromAnother(tx: Tx, { organizationId, providerId, userId }: Receiver, given: Given): Promise<boolean> {
  const other = await row(
    tx,
    `SELECT g.provider_id FROM identity_provider_grant g WHERE g.organization_id = $1 AND g.provider_id <> $2
       AND g.user_id = $3 AND g.kind = $4 AND g.target_id IS NOT DISTINCT FROM $5 AND g.pool_id IS NOT DISTINCT FROM $6 LIMIT 1`,
    [organizationId, providerId, userId, ...toRow(given)],
  );
  return other !== null;
}

/**
 * Gives it and remembers whose gift it is. What the person has by hand stays theirs and is not remembered: so it is not taken
 * again. What is not there any more, a pool or a role that was deleted, is not given.
 */
export async function give(tx: Tx, receiver: Receiver, given: Given): Promise<void> {
  const isNew = await put(tx, receiver, given);
  if (!isNew && !(await isFromAnother(tx, receiver, given))) return;
  const { organizationId, providerId, userId } = receiver;
  await rows(
    tx,
    `INSERT INTO identity_provider_grant (organization_id, provider_id, user_id, kind, target_id, pool_id)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
    [organizationId, providerId, userId, ...toRow(given)],
  );
}

/** Takes it again, unless another provider gives it, too. */
export async function takeBack(tx: Tx, receiver: Receiver, given: Given): Promise<void> {
  const { organizationId, providerId, userId } = receiver;
  await rows(
    tx,
    `DELETE FROM identity_provider_grant g WHERE g.organization_id = $1 AND g.provider_id = $2 AND g.user_id = $3
       AND g.kind = $4 AND g.target_id IS NOT DISTINCT FROM $5 AND g.pool_id IS NOT DISTINCT FROM $6`,
    [organizationId, providerId, userId, ...toRow(given)],
  );
  if (await isFromAnother(tx, receiver, given)) return;
  if (given.kind === 'role') await deleteAssignment(tx, organizationId, { ...given, userId });
  if (given.kind === 'admin')
    await rows(
      tx,
      `UPDATE app_user u SET role = 'member' WHERE u.organization_id = $1 AND u.id = $2 AND u.role = 'admin'`,
      [organizationId, userId],
    );
  if (given.kind === 'pool')
    await rows(tx, 'DELETE FROM pool_user p WHERE p.organization_id = $1 AND p.pool_id = $2 AND p.user_id = $3', [
      organizationId,
      given.poolId,
      userId,
    ]);
}

/** False when the person has it already. */
async function put(tx: Tx, { organizationId, userId }: Receiver, given: Given): Promise<boolean> {
  if (given.kind === 'role') return putRole(tx, organizationId, { ...given, userId });
  const added =
    given.kind === 'admin'
      ? await rows(
          tx,
          `UPDATE app_user u SET role = 'admin' WHERE u.organization_id = $1 AND u.id = $2 AND u.role = 'member' RETURNING u.id`,
          [organizationId, userId],
        )
      : await rows(
          tx,
          `INSERT INTO pool_user (organization_id, pool_id, user_id)
           SELECT $1, p.id, $3 FROM pool p WHERE p.organization_id = $1 AND p.id = $2 ON CONFLICT DO NOTHING RETURNING user_id`,
          [organizationId, given.poolId, userId],
        );
  return added.length > 0;
}

async function putRole(
  tx: Tx,
  organizationId: OrganizationId,
  key: { roleId: RoleId; poolId: PoolId | null; userId: UserId },
): Promise<boolean> {
  if (!(await holdRole(tx, organizationId, key.roleId))) return false;
  if ((await countAssignments(tx, organizationId, key.userId)) >= ROLE_LIMITS.assignmentsPerUser) return false;
  return insertAssignment(tx, organizationId, key);
}

/** The custom roles of a person for a fact: `role` or `role@pool`. */
export async function rolesOf(tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<string[]> {
  const found = await rows<{ role_id: string; pool_id: string | null }>(
    tx,
    `SELECT a.role_id, a.pool_id FROM role_assignment a WHERE a.organization_id = $1 AND a.user_id = $2
     ORDER BY a.role_id, a.scope_id`,
    [organizationId, userId],
  );
  return found.map(({ role_id, pool_id }) => (pool_id ? `${role_id}@${pool_id}` : role_id));
}
