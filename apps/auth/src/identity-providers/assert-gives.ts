import { type IdentityProviderSettings, putIdentityProvider } from '@relais/contracts';
import type { Principal } from '@relais/security';
import type { Tx } from '../database/database.js';
import { type Actor, actorWith, assertReaches, forbidden } from '../permissions/actor.postgres.js';
import { mayGive } from '../permissions/delegation.js';
import { arePools } from '../pools/pool-rows.postgres.js';
import { holdRole } from '../roles/role-rows.postgres.js';

type Mapping = NonNullable<IdentityProviderSettings['groups']>['mappings'][number];

export const mappingsOf = (settings: IdentityProviderSettings | null): readonly Mapping[] =>
  settings?.groups?.mappings ?? [];

/** @throws AppError `pool_not_found`, `role_not_found` */
export async function assertAreThere(
  tx: Tx,
  { organizationId }: Principal,
  mappings: readonly Mapping[],
): Promise<void> {
  const poolIds = [...new Set(mappings.flatMap(({ poolId }) => poolId ?? []))];
  if (!(await arePools(tx, organizationId, poolIds))) throw putIdentityProvider.fail('pool_not_found');
  for (const roleId of new Set(mappings.flatMap((mapping) => mapping.roleId ?? [])))
    if (!(await holdRole(tx, organizationId, roleId))) throw putIdentityProvider.fail('role_not_found');
}

/**
 * Whoever lets a provider give pools and roles gives them, and whoever lets it no more takes them: each takes what giving and
 * taking them by hand does. What was deleted meanwhile is worth nothing.
 *
 * @throws AppError `forbidden`
 */
export async function assertGives(
  tx: Tx,
  principal: Principal,
  actor: Actor,
  mappings: readonly Mapping[],
): Promise<void> {
  if (mappings.some(({ poolId }) => poolId !== undefined)) await actorWith(tx, principal, 'manage_pools');
  if (mappings.some(({ role }) => role === 'admin'))
    assertReaches(await actorWith(tx, principal, 'manage_roles'), 'admin');
  for (const { roleId, poolId } of mappings) {
    const role = roleId && (await holdRole(tx, principal.organizationId, roleId));
    if (role && !mayGive(actor.grants, role.permissions, poolId ?? null)) throw forbidden('above own permissions');
  }
}
