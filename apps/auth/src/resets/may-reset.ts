import type { OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { standingOf } from '../permissions/actor.postgres.js';
import { covers, grantsOf, holds } from '../permissions/grants.js';
import { reaches } from '../permissions/permissions.js';

/** Whether an administrator could begin a reset for this person still, as both are now. */
export async function mayReset(
  tx: Tx,
  organizationId: OrganizationId,
  administratorId: UserId,
  userId: UserId,
): Promise<boolean> {
  const administrator = await standingOf(tx, organizationId, administratorId);
  const person = await standingOf(tx, organizationId, userId);
  if (administrator?.state !== 'active' || person?.state !== 'active') return false;
  const own = grantsOf(administrator.role, administrator.given);
  return (
    reaches(administrator.role, person.role) &&
    holds(own, 'manage_users', person.pool_ids) &&
    covers(own, grantsOf(person.role, person.given))
  );
}
