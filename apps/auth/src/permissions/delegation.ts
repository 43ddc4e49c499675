import type { Permission } from '@relais/contracts';
import type { PoolId } from '@relais/kernel';
import { type Grants, holds } from './grants.js';

const holdsAll = (own: Grants, permissions: readonly Permission[], target: 'everywhere' | readonly PoolId[]): boolean =>
  permissions.every((permission) => holds(own, permission, target));

/**
 * A custom role is the organization's: making, changing and deleting one needs, everywhere, `manage_roles` and every permission
 * it had and will have. Changing it changes all who have it, so more would be handed on, or taken away, than one has.
 */
export const mayShape = (own: Grants, before: readonly Permission[], after: readonly Permission[]): boolean =>
  holdsAll(own, ['manage_roles', ...before, ...after], 'everywhere');

/** Giving and taking a role needs, for that pool or else everywhere, `manage_roles` and each of its permissions. */
export const mayGive = (own: Grants, permissions: readonly Permission[], poolId: PoolId | null): boolean =>
  holdsAll(own, ['manage_roles', ...permissions], poolId === null ? 'everywhere' : [poolId]);
