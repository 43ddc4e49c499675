import { z } from 'zod';
import { defineRequest } from '../define.js';
import { timestamp, userId } from '../primitives.js';

const keepDays = z.int().min(1).max(36_500).nullable();

const settings = {
  /**
   * Messages, with their edits and reactions, are over so many days of 24 hours after the message was recorded, or earlier where
   * they say so themselves; null: they stay as long as their conversation. This holds for what was said before as well.
   */
  keepDays,
  /**
   * So many days one key seals what is said in a conversation, before the next is made; null: a month of the calendar. A key is
   * destroyed within two days after everything that it may have sealed is over.
   */
  keyDays: z.int().min(1).max(31).nullable(),
};

const messageKeeping = z.object({
  ...settings,
  /**
   * What a shorter period has ended is hidden at once, and taken off the disks from then on: until then it is back when a longer
   * period is said. Missing when that time has passed.
   */
  clearsFrom: timestamp.optional(),
  /** When it was said, and by whom, a person or a bot. */
  updatedAt: timestamp.optional(),
  updatedBy: userId.optional(),
});
export type MessageKeeping = z.input<typeof messageKeeping>;

const asked = { access: 'user', bots: ['message-keeping:write'] } as const;

export const readMessageKeeping = defineRequest({
  ...asked,
  subject: 'rpc.messaging.message-keeping.read.v1',
  input: z.strictObject({}),
  output: messageKeeping,
  errors: {},
});

/** What a period would end that can be read now, before it is said. */
export const previewMessageKeeping = defineRequest({
  ...asked,
  subject: 'rpc.messaging.message-keeping.preview.v1',
  timeoutMs: 10_000,
  input: z.strictObject({ keepDays }),
  output: z.object({
    messages: z.int(),
    conversations: z.int(),
    /** Counting stops at 250,000 messages, the oldest ones: there are more. */
    more: z.boolean(),
  }),
  errors: {},
});

/** Says how long what is said is kept, and how long one of its keys is used. What is over is hidden with this answer. */
export const setMessageKeeping = defineRequest({
  ...asked,
  subject: 'rpc.messaging.message-keeping.set.v1',
  input: z.strictObject(settings),
  output: messageKeeping,
  errors: {},
});
