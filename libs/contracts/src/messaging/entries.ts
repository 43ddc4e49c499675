import { z } from 'zod';
import { defineEvent, defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { conversationId, entryId, eventId, organizationId, seq, timestamp, userId } from '../primitives.js';
import { entry, written } from './bodies.js';

const [message, edit, deletion, reaction] = written.options;
const to = { conversationId };
const writtenTo = z.discriminatedUnion('kind', [
  message.extend(to),
  edit.extend(to),
  deletion.extend(to),
  reaction.extend(to),
]);

export const receipt = z.object({
  conversationId,
  id: entryId,
  seq: z.int().positive(),
  recordedAt: timestamp,
  /** The entry had been recorded before; this is the first result again. */
  replayed: z.boolean(),
});
export type Receipt = z.infer<typeof receipt>;

/**
 * Records what a person wrote. The answer means: committed to disk.
 * Sending the same id again, over any gateway and any number of times, gives the first result.
 */
export const appendEntry = defineRequest({
  subject: 'rpc.messaging.entry.append.v1',
  access: 'user',
  bots: ['messages:write'],
  input: writtenTo,
  output: receipt,
  errors: {
    conversation_not_found: 'not_found',
    conversation_closed: 'conflict',
    may_not_write: 'forbidden',
    entry_id_reused: 'conflict',
    target_not_found: 'not_found',
    not_your_entry: 'forbidden',
  },
});
export type AppendEntry = z.infer<typeof appendEntry.input>;

/** Entries after or before a position, oldest first. Only what was said while the caller was a member. */
export const listEntries = defineRequest({
  subject: 'rpc.messaging.entry.list.v1',
  access: 'user',
  bots: ['messages:read'],
  input: z
    .strictObject({
      conversationId,
      after: z.coerce.number().int().nonnegative().optional(),
      before: z.coerce.number().int().positive().optional(),
      limit: z.coerce.number().int().min(1).max(LIMITS.historyPage).default(100),
    })
    .refine((page) => page.after === undefined || page.before === undefined, 'give after or before, not both'),
  output: z.object({
    entries: z.array(entry),
    head: seq,
    /**
     * Reading forwards: all that the caller may see from `after` to here is in this answer. Not always the last entry's
     * seq: what was said while they were not a member is left out.
     */
    upTo: seq,
  }),
  errors: { conversation_not_found: 'not_found' },
});

const head = z.tuple([conversationId, seq]);

/** What changed since these heads: pages of entries per conversation, and conversations the caller is new to or out of. */
export const syncEntries = defineRequest({
  subject: 'rpc.messaging.entry.sync.v1',
  access: 'user',
  bots: ['messages:read'],
  input: z.strictObject({ heads: z.array(head).max(LIMITS.syncHeads) }),
  output: z.object({
    /** `upTo`: all that the caller may see up to this position is in this answer; the new head of the client. */
    changed: z.array(z.object({ conversationId, head: seq, upTo: seq, entries: z.array(entry) })),
    /** Conversations of the request that the caller is no longer in. */
    gone: z.array(conversationId),
    /** There is more than one answer holds: apply this one and ask again. */
    more: z.boolean(),
  }),
  errors: {},
});

/** The heads of all conversations the caller is in, by pages that fit into one answer of the bus. */
export const readMyHeads = defineRequest({
  subject: 'rpc.messaging.head.read-mine.v1',
  access: 'user',
  bots: ['messages:read'],
  input: z.strictObject({ after: conversationId.optional() }),
  output: z.object({
    heads: z.array(z.object({ conversationId, head: seq, direct: z.boolean() })),
    /** Where the next page begins: `after` of the next request. Missing on the last page. */
    next: conversationId.optional(),
  }),
  errors: {},
});

/** The heads of these conversations; numbers only, for a gateway that looks for what it missed. */
export const readHeads = defineRequest({
  subject: 'rpc.messaging.head.read.v1',
  access: 'service',
  input: z.strictObject({ organizationId, conversationIds: z.array(conversationId).max(LIMITS.syncHeads) }),
  output: z.object({ heads: z.array(head) }),
  errors: {},
});

const newest = z.strictObject({
  seq: z.int().positive(),
  senderId: userId,
  /** As the event says. */
  notify: z.array(userId).max(LIMITS.listenersPage),
  notifyAll: z.boolean(),
});

/**
 * Who is to be told of entries that their devices do not have yet: members who were named or who have not muted the
 * conversation, but not of what they said themselves. By the watermarks of now, page by page.
 */
export const listListeners = defineRequest({
  subject: 'rpc.messaging.entry.list-listeners.v1',
  access: 'service',
  timeoutMs: 5_000,
  input: z.strictObject({
    organizationId,
    conversations: z
      .array(
        z.strictObject({
          conversationId,
          /** The latest of each sender. */
          entries: z.array(newest).min(1).max(LIMITS.listenersEntries),
          after: userId.optional(),
        }),
      )
      .min(1)
      .max(LIMITS.listenersEntries),
  }),
  output: z.object({
    conversations: z.array(
      z.object({
        conversationId,
        listeners: z.array(z.object({ userId, seq: z.int().positive() })),
        /** There are more after the last one. */
        more: z.boolean(),
      }),
    ),
  }),
  errors: {},
});
export type ListListeners = z.infer<typeof listListeners.input>;
export type NewestEntry = z.infer<typeof newest>;

/** The entries of one commit, without content. Consumers are idempotent by event id and by (conversation, seq). */
export const entriesAppended = defineEvent({
  subject: 'evt.messaging.entry.appended.v1',
  data: z.strictObject({
    id: eventId,
    organizationId,
    entries: z.array(
      z.strictObject({
        conversationId,
        seq: z.int().positive(),
        id: entryId,
        kind: z.string(),
        senderId: userId,
        /** Who is to be told by name: the other side of a direct conversation, the mentioned ones. */
        notify: z.array(userId),
        /** Everyone in the conversation who has not muted it is to be told, too. */
        notifyAll: z.boolean(),
      }),
    ),
  }),
});
export type EntriesAppended = z.infer<typeof entriesAppended.data>;
