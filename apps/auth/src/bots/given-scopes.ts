import type { Permission, Scope } from '@relais/contracts';
import { type Actor, forbidden } from '../permissions/actor.postgres.js';
import { holds } from '../permissions/grants.js';

/** What a person must be allowed to do to let a bot do the same. */
const NEEDS: Readonly<Partial<Record<Scope, readonly Permission[]>>> = {
  'alarm-sources:write': ['manage_alarms'],
  'people-quota:write': ['manage_policies'],
  'message-keeping:write': ['manage_policies'],
  'identity-sources:write': ['manage_identity_providers', 'manage_directories'],
};

/** What an owner gives and nobody else: a bot that has it makes people who may nearly everything. */
const OF_OWNERS: ReadonlySet<Scope> = new Set(['administrators:invite']);

/**
 * Nobody lets a bot do what they may not do themselves, be it by a scope or by a key of theirs for a bot that has it.
 *
 * @throws AppError `forbidden`
 */
export function assertMayGive({ grants, role }: Actor, scopes: readonly Scope[]): void {
  if (scopes.some((scope) => OF_OWNERS.has(scope)) && role !== 'owner')
    throw forbidden('only an owner gives this scope');
  for (const scope of scopes)
    for (const needed of NEEDS[scope] ?? [])
      if (!holds(grants, needed, 'everywhere')) throw forbidden(`needs the permission ${needed}, to give ${scope}`);
}
