import { z } from 'zod';
import { defineRequest } from '../define.js';
import { organizationId, userId } from '../primitives.js';

/** What the directory knows of where somebody can be reached; of who is gone or put out there is nothing. */
const personAddresses = z.object({
  organizationId,
  userId,
  email: z.string().optional(),
  /** E.164. */
  phone: z.string().optional(),
});
export type PersonAddresses = z.infer<typeof personAddresses>;

/**
 * Addresses of people of all organizations that have changed since the cursor, in the order in which that became true; each
 * person with what holds now. A page that says there is no more is up to date but for what is being written this moment. For
 * alerting, which keeps its own copy: an alarm must not need anybody else.
 */
export const listAddresses = defineRequest({
  subject: 'rpc.auth.address.list.v1',
  access: 'service',
  timeoutMs: 10_000,
  input: z.strictObject({
    /** Of the page before; without it from the beginning. */
    cursor: z
      .string()
      .regex(/^\d{1,20}\.[0-9a-f-]{36}$/)
      .optional(),
    limit: z.int().min(1).max(500).default(500),
  }),
  output: z.object({
    items: z.array(personAddresses),
    /** Where the next page begins, also when this one is empty. */
    cursor: z.string().optional(),
    hasMore: z.boolean(),
  }),
  errors: {},
});
