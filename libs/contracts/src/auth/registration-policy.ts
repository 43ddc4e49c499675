import { z } from 'zod';
import { defineRequest } from '../define.js';
import { id, nothing, timestamp } from '../primitives.js';

/** A host name in ASCII and lower case, with at least one dot; names beyond ASCII are given in their `xn--` form. */
const domain = z
  .string()
  .max(253)
  .regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'expected a domain');

const said = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('email'), value: z.email().max(254) }),
  /** Exactly this domain: not those below it. */
  z.strictObject({ kind: z.literal('domain'), value: domain }),
]);

export const MAX_REGISTRATION_ENTRIES = 1_000;

const entryId = id<string>();
export const registrationEntry = z.object({
  id: entryId,
  kind: z.enum(['email', 'domain']),
  value: z.string(),
  createdAt: timestamp,
});
export type RegistrationEntry = z.infer<typeof registrationEntry>;

/** Who may register. While the list is empty, everybody who was let in otherwise, by an invitation or a directory. */
export const listRegistrationEntries = defineRequest({
  subject: 'rpc.auth.registration-policy.list.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ items: z.array(registrationEntry) }),
  errors: {},
});

/** Lets an address, or all of a domain, register. With the first entry, all others no longer may. */
export const putRegistrationEntry = defineRequest({
  subject: 'rpc.auth.registration-policy.put.v1',
  access: 'user',
  input: z.strictObject({ id: entryId, entry: said }),
  output: registrationEntry,
  errors: { entry_id_reused: 'conflict', already_listed: 'conflict', too_many_entries: 'conflict' },
});

export const deleteRegistrationEntry = defineRequest({
  subject: 'rpc.auth.registration-policy.delete.v1',
  access: 'user',
  input: z.strictObject({ entryId }),
  output: nothing,
  errors: { entry_not_found: 'not_found' },
});
