import { z } from 'zod';
import { defineEvent } from '../define.js';
import { eventId, organizationId, timestamp } from '../primitives.js';

/** Something named by its kind and id; never by a name or an address. */
export const factSubject = z.strictObject({ kind: z.string(), id: z.string() });
export type FactSubject = z.infer<typeof factSubject>;

/** States, roles, counts and ids. No content: this leaves the service that knows what it means. */
export const factState = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]),
);
export type FactState = z.infer<typeof factState>;

/**
 * One thing that was done, or refused, to be proved later: who, in whose name, what, to what, how it ended, and the state
 * before and after. Written in the transaction of its effect, so there is no effect without its fact (P-16).
 */
export const fact = z.strictObject({
  id: eventId,
  organizationId,
  at: timestamp,
  actor: factSubject,
  onBehalfOf: factSubject.optional(),
  /** One of ACTIONS, such as `user.disabled`; a text, so that who reads facts knows those of a newer release as well. */
  action: z.string(),
  object: factSubject,
  outcome: z.enum(['done', 'refused']),
  before: factState.optional(),
  after: factState.optional(),
});
export type Fact = z.infer<typeof fact>;

export const factRecorded = defineEvent({ subject: 'evt.auth.fact.recorded.v1', data: fact });
