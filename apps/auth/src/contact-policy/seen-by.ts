import type { OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { readPersons, readRules } from './contact-rows.postgres.js';
import { type Reach, reachOf } from './reach.js';

const NOBODY: Reach = { everybody: false, administrators: false, poolIds: [] };

/** Whom somebody may see. */
export async function seenBy(tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<Reach> {
  const person = (await readPersons(tx, organizationId, [userId])).get(userId);
  return person ? reachOf(await readRules(tx, organizationId, person.poolIds), person, 'see') : NOBODY;
}
