import type { Permission, Role } from '@relais/contracts';
import type { PoolId } from '@relais/kernel';
import { permissionsOf } from './permissions.js';

/** Where a permission holds: in the whole organization, or for what is in these pools. */
export type Reach = 'everywhere' | ReadonlySet<PoolId>;

/** What somebody may do, and where. */
export type Grants = ReadonlyMap<Permission, Reach>;

/** Permissions given together: by a custom role, everywhere or for one pool. */
export interface GivenRole {
  permissions: readonly Permission[];
  poolId: PoolId | null;
}

/** The permissions of the base role and of every custom role, together. */
export function grantsOf(role: Role, given: readonly GivenRole[]): Grants {
  const grants = new Map<Permission, 'everywhere' | Set<PoolId>>();
  for (const permission of permissionsOf(role)) grants.set(permission, 'everywhere');
  for (const { permissions, poolId } of given)
    for (const permission of permissions) {
      const known = grants.get(permission);
      if (poolId === null) grants.set(permission, 'everywhere');
      else if (known === undefined) grants.set(permission, new Set([poolId]));
      else if (known !== 'everywhere') known.add(poolId);
    }
  return grants;
}

/**
 * Whether a permission holds for a target. A target in pools is inside a delegation only with every one of its pools: one
 * that is also in another pool belongs to others as well, who would be overruled. A target without any pool is outside.
 */
export function holds(grants: Grants, permission: Permission, target: 'everywhere' | readonly PoolId[]): boolean {
  const reach = grants.get(permission);
  if (reach === undefined || reach === 'everywhere') return reach === 'everywhere';
  return target !== 'everywhere' && target.length > 0 && target.every((pool) => reach.has(pool));
}

/** Whether `own` has all that `others` has, everywhere that `others` has it. */
export function covers(own: Grants, others: Grants): boolean {
  return [...others].every(([permission, reach]) =>
    holds(own, permission, reach === 'everywhere' ? reach : [...reach]),
  );
}
