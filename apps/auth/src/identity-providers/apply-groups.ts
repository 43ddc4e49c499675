import type { IdentityProviderSettings } from '@relais/contracts';
import { tellContactsChanged } from '../contact-policy/tell-change.js';
import type { Tx } from '../database/database.js';
import { difference, type NewFact, recordFact, systemSubject, userSubject } from '../facts/record-fact.js';
import { defaultPool } from '../pools/pool-rows.postgres.js';
import { lockUser, type UserRow } from '../users/user-rows.postgres.js';
import {
  give,
  type Given,
  givenBy,
  grantsFrom,
  keyOf,
  type Receiver,
  rolesOf,
  takeBack,
} from './provider-grants.postgres.js';

/**
 * Brings pools and roles of a person to what their groups say now: what this provider gave and no longer says is taken again,
 * what others gave stays. Whoever is left without a pool is in the default one.
 *
 * @param groups null where the provider does not say which: nothing changes
 */
export async function applyGroups(
  tx: Tx,
  receiver: Receiver,
  groups: readonly string[] | null,
  settings: IdentityProviderSettings,
): Promise<void> {
  const { organizationId, providerId, userId } = receiver;
  const before = groups && (await standingOf(tx, receiver));
  if (!before) return;
  await exchange(tx, receiver, givenBy(groups, settings));
  const after = await standingOf(tx, receiver);
  const changed = difference(before, after ?? {});
  if (Object.keys(changed.after ?? {}).length === 0) return;
  const actor = systemSubject('identity-provider', providerId);
  await recordFact(tx, organizationId, { actor, action: 'user.changed', object: userSubject(userId), ...changed });
  await tellContactsChanged(tx, organizationId, [userId]);
}

async function exchange(tx: Tx, receiver: Receiver, wanted: readonly Given[]): Promise<void> {
  const keys = new Set(wanted.map(keyOf));
  for (const given of await grantsFrom(tx, receiver)) if (!keys.has(keyOf(given))) await takeBack(tx, receiver, given);
  for (const given of wanted) await give(tx, receiver, given);
  const { organizationId, userId } = receiver;
  const user = (await lockUser(tx, organizationId, userId)) as UserRow;
  if (user.pool_ids.length > 0) return;
  const poolId = await defaultPool(tx, organizationId);
  await give(tx, receiver, { kind: 'pool', poolId });
}

/** Of somebody active; null for whoever is not. They are locked from here on. */
async function standingOf(tx: Tx, { organizationId, userId }: Receiver): Promise<NonNullable<NewFact['after']> | null> {
  const user = await lockUser(tx, organizationId, userId);
  if (user?.state !== 'active') return null;
  return { role: user.role, poolIds: user.pool_ids, roleIds: await rolesOf(tx, organizationId, userId) };
}
