import { contactsChanged } from '@relais/contracts';
import { enqueue } from '@relais/database';
import { type EventId, newId, type OrganizationId, type UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';

const MOST_PER_EVENT = 500;

/**
 * Says, with the transaction that changes rules, roles or pools, whose conversations are to be looked at again. Everything
 * that moves people between pools or roles goes through here: without it they stay where they may not be.
 */
export async function tellContactsChanged(
  tx: Tx,
  organizationId: OrganizationId,
  affected: 'all' | readonly UserId[],
): Promise<void> {
  const tell = (these: 'all' | UserId[]) =>
    enqueue(tx, contactsChanged, { id: newId<EventId>(), organizationId, affected: these });
  if (affected === 'all') return tell(affected);
  for (let from = 0; from < affected.length; from += MOST_PER_EVENT)
    await tell(affected.slice(from, from + MOST_PER_EVENT));
}
