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

/** The heads of all conversations the caller is in. */
export const readMyHeads = defineRequest({
  subject: 'rpc.messaging.head.read-mine.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ heads: z.array(z.object({ conversationId, head: seq, direct: z.boolean() })) }),
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
