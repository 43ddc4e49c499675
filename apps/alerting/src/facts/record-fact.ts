import { type AlertingAction, alertingFactRecorded, type Fact } from '@relais/contracts';
import { enqueue, type Tx } from '@relais/database';
import { type EventId, newId, type OrganizationId } from '@relais/kernel';

type NewFact = Pick<Fact, 'actor' | 'object'> & { action: AlertingAction } & Partial<
    Pick<Fact, 'outcome' | 'before' | 'after'>
  >;

export const alarmSubject = (id: string) => ({ kind: 'alarm', id });
export const deviceSubject = (id: string) => ({ kind: 'device', id });
export const contactPointSubject = (id: string) => ({ kind: 'contact-point', id });
export const userSubject = (id: string) => ({ kind: 'user', id });
export const botSubject = (id: string) => ({ kind: 'bot', id });
/** What acts by itself: the engine, a source of alarms. */
export const systemSubject = (kind: string, id = kind) => ({ kind, id });

/** Writes what was done in the transaction that does it. Ids, states and counts only. */
export function recordFact(tx: Tx, organizationId: OrganizationId, fact: NewFact): Promise<void> {
  const at = new Date().toISOString();
  return enqueue(tx, alertingFactRecorded, {
    id: newId<EventId>(),
    organizationId,
    at,
    outcome: 'done',
    ...fact,
  });
}
