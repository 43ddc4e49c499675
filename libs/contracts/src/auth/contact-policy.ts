import { z } from 'zod';
import { defineEvent, defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { eventId, nothing, organizationId, poolId, timestamp, userId } from '../primitives.js';

/** What one person may do to another: find them, begin to write to them, alarm them. */
export const contactVerb = z.enum(['see', 'message', 'alarm']);
export type ContactVerb = z.infer<typeof contactVerb>;

/**
 * Who may meet whom in an organization:
 *
 * - `open`: everybody may see, message and alarm everybody. What holds while nothing was said.
 * - `pools`: people see, message and alarm those they share a pool with.
 * - `matrix`: the table of pools decides; within one pool everything is allowed unless the table has a line for it.
 * - `closed`: members reach owners and administrators only.
 *
 * Owners and administrators reach everybody in every mode. A bot is outside of all this: its audience decides.
 */
export const contactMode = z.enum(['open', 'pools', 'matrix', 'closed']);
export type ContactMode = z.infer<typeof contactMode>;

const rights = { see: z.boolean(), message: z.boolean(), alarm: z.boolean() };
const cellKey = { fromPoolId: poolId, toPoolId: poolId };
export const contactCell = z.object({ ...cellKey, ...rights });
export type ContactCell = z.infer<typeof contactCell>;

/** Lines of the table of pools; more than 50 pools that all have something to say to each other are too many to oversee. */
export const MAX_CONTACT_CELLS = 2_500;

export const contactPolicy = z.object({
  mode: contactMode,
  cells: z.array(contactCell),
  /** Missing while nothing was said. */
  updatedAt: timestamp.optional(),
});
export type ContactPolicy = z.infer<typeof contactPolicy>;

export const readContactPolicy = defineRequest({
  subject: 'rpc.auth.contact-policy.read.v1',
  access: 'user',
  input: z.strictObject({}),
  output: contactPolicy,
  errors: {},
});

/** Says who may meet whom. Whoever may no longer share a conversation is taken out of it. The table stays in every mode. */
export const setContactPolicy = defineRequest({
  subject: 'rpc.auth.contact-policy.set.v1',
  access: 'user',
  input: z.strictObject({ mode: contactMode }),
  output: contactPolicy,
  errors: {},
});

/** What people of one pool may do to those of another; only in mode `matrix` does it count. */
export const putContactCell = defineRequest({
  subject: 'rpc.auth.contact-policy.put-cell.v1',
  access: 'user',
  input: z
    .strictObject({ ...cellKey, ...rights })
    .refine(({ see, message, alarm }) => see || !(message || alarm), 'who may message or alarm must be allowed to see'),
  output: contactCell,
  errors: { pool_not_found: 'not_found', too_many_cells: 'conflict' },
});

export const deleteContactCell = defineRequest({
  subject: 'rpc.auth.contact-policy.delete-cell.v1',
  access: 'user',
  input: z.strictObject(cellKey),
  output: nothing,
  errors: { cell_not_found: 'not_found' },
});

/** Why somebody may reach somebody else, or may not. New ones may come. */
export const contactRule = z.enum([
  'self',
  'open',
  'administrator',
  'to_administrator',
  'shared_pool',
  'matrix',
  'bot_audience',
  'no_shared_pool',
  'not_in_matrix',
  'closed',
  'not_in_bot_audience',
  'not_active',
]);
export type ContactRule = z.infer<typeof contactRule>;

/**
 * Which of these the caller may message (or see, or alarm). Who does not exist, is not active or may not be seen is in neither
 * list: nobody learns of them.
 */
export const checkContacts = defineRequest({
  subject: 'rpc.auth.contact.check.v1',
  access: 'user',
  bots: ['conversations:write'],
  input: z.strictObject({
    userIds: z.array(userId).max(LIMITS.membersPerChange + 1),
    verb: contactVerb.default('message'),
  }),
  output: z.object({
    allowed: z.array(userId),
    refused: z.array(z.object({ userId, rule: contactRule })),
    /** Some people of the organization may not meet: conversations of several need a look at every pair. */
    hasBarriers: z.boolean(),
  }),
  errors: {},
});

/** A set of people who stand alike: opaque, and short-lived. */
const contactClass = z.string().max(10_000);

/**
 * Sorts people into classes of those who stand alike, and says which classes may not share a conversation: two people share
 * one when either may message the other, so that who was written to may answer. A bot keeps nobody apart.
 *
 * Asked again with the classes known so far, it sorts more people into the same ones.
 */
export const classifyContacts = defineRequest({
  subject: 'rpc.auth.contact.classify.v1',
  access: 'service',
  input: z.strictObject({
    organizationId,
    userIds: z.array(userId).max(5_000),
    known: z.array(contactClass).max(1_000).default([]),
  }),
  output: z.object({
    hasBarriers: z.boolean(),
    /** The known ones first. */
    classes: z.array(contactClass),
    /** The class of each person asked about; -1 for who is not here any more. */
    classOf: z.array(z.int()),
    /** Per class: the classes, itself possibly among them, whose people may not be where its people are. */
    apart: z.array(z.array(z.int())),
  }),
  errors: {},
});

/** Rules, roles or pools changed: who may share a conversation is to be looked at again, for these people or for all. */
export const contactsChanged = defineEvent({
  subject: 'evt.auth.contact.changed.v1',
  data: z.strictObject({
    id: eventId,
    organizationId,
    affected: z.union([z.literal('all'), z.array(userId).min(1).max(500)]),
  }),
});

/** Whether one person may see, message or alarm another, and by which rule. */
export const explainContact = defineRequest({
  subject: 'rpc.auth.contact.explain.v1',
  access: 'user',
  input: z.strictObject({ from: userId, to: userId, verb: contactVerb.default('message') }),
  output: z.object({
    allowed: z.boolean(),
    rule: contactRule,
    mode: contactMode,
    /** The pools of both, and those two the rule found. */
    pools: z.object({
      from: z.array(poolId),
      to: z.array(poolId),
      decisive: z.object({ from: poolId, to: poolId }).optional(),
    }),
    /** One sentence of English. */
    says: z.string(),
  }),
  errors: { user_not_found: 'not_found' },
});
