import { type ActionName, type Fact, factRecorded, type FactState, type FactSubject } from '@relais/contracts';
import { enqueue } from '@relais/database';
import { type EventId, newId, type OrganizationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { Tx } from '../database/database.js';
import { raiseNotice } from '../notices/raise-notice.js';

export type NewFact = Pick<Fact, 'actor' | 'object'> & {
  /** One of the documented list: see ACTIONS. */
  action: ActionName;
} & Partial<Pick<Fact, 'onBehalfOf' | 'outcome' | 'before' | 'after'>>;

export const userSubject = (id: string): FactSubject => ({ kind: 'user', id });
export const deviceSubject = (id: string): FactSubject => ({ kind: 'device', id });

/** The person who asks. */
export const actorSubject = ({ userId }: Pick<Principal, 'userId'>): FactSubject => userSubject(userId);

/** What acts by itself: a schedule, a directory run, a webhook. */
export const systemSubject = (kind: string, id = kind): FactSubject => ({ kind, id });

/**
 * Writes what was done in the transaction that does it, and what its person has to be told of it. Ids and states only: no
 * names, addresses or secrets.
 */
export async function recordFact(tx: Tx, organizationId: OrganizationId, fact: NewFact): Promise<void> {
  const at = new Date();
  const written = { id: newId<EventId>(), organizationId, at: at.toISOString(), outcome: 'done' as const, ...fact };
  await enqueue(tx, factRecorded, written);
  await raiseNotice(tx, organizationId, fact.action, fact, at);
}

/** Somebody has got a session, by this way in. */
export const recordOpened = (
  tx: Tx,
  { organizationId, userId, deviceId, amr }: Opened,
  method: string,
): Promise<void> =>
  recordFact(tx, organizationId, {
    actor: userSubject(userId),
    action: 'session.opened',
    object: deviceSubject(deviceId),
    after: { method, amr: [...amr] },
  });

type Opened = Pick<Principal, 'organizationId' | 'userId' | 'deviceId' | 'amr'>;

/** Only what differs, as `before` and `after` of a fact; what is there on one side only is null on the other. */
export function difference(before: FactState, after: FactState): Pick<NewFact, 'before' | 'after'> {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
  const pick = (state: FactState): FactState => Object.fromEntries(changed.map((key) => [key, state[key] ?? null]));
  return { before: pick(before), after: pick(after) };
}
