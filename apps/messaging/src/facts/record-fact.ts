import { type Fact, type MessagingAction, messagingFactRecorded } from '@relais/contracts';
import { enqueue, type Tx } from '@relais/database';
import { type EventId, newId, type OrganizationId } from '@relais/kernel';

type NewFact = Pick<Fact, 'actor' | 'before' | 'after'> & { action: MessagingAction };

/** Writes what was done to an organization in the transaction that does it. Ids, states and counts only. */
export const recordFact = (tx: Tx, organizationId: OrganizationId, fact: NewFact): Promise<void> =>
  enqueue(tx, messagingFactRecorded, {
    ...{ id: newId<EventId>(), organizationId, at: new Date().toISOString(), outcome: 'done' },
    ...{ object: { kind: 'organization', id: organizationId }, ...fact },
  });
