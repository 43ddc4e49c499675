import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { conversationId, entryId, organizationId, text, userId } from '../primitives.js';
import { alarmBody, memberRole } from './bodies.js';

/**
 * Brings a conversation that belongs to something other than a person, an alarm or an outage, to where it should be: makes it
 * unless it is there, takes people in who were never in it, writes the lines that are not in its log yet, closes it. Any
 * number of repetitions do it once. Whoever has left is not taken in again.
 */
export const keepRoom = defineRequest({
  subject: 'rpc.messaging.room.keep.v1',
  access: 'service',
  timeoutMs: 10_000,
  input: z.strictObject({
    organizationId,
    /** Chosen by the asker, at random: an id that others can guess, others can take. */
    conversationId,
    kind: z.enum(['group', 'channel']),
    title: text(LIMITS.titleBytes),
    /** Who stands in its log for what nobody does; the same with every repetition. */
    actorId: userId,
    join: z.array(z.strictObject({ userId, role: memberRole })).max(LIMITS.membersPerChange),
    /** In this order, each once by its id. */
    entries: z
      .array(z.strictObject({ id: entryId, body: alarmBody }))
      .max(20)
      .default([]),
    /** People who may not meet otherwise meet here, and stay when the rules are looked at again. Said when it is made. */
    liftsBarriers: z.boolean().default(false),
    closes: z.boolean().default(false),
  }),
  output: z.object({
    /** Not taken in: somebody is there whom they may not meet. */
    keptApart: z.array(userId),
    /** Not taken in: it is full. */
    leftOut: z.array(userId),
  }),
  errors: { conversation_id_reused: 'conflict', conversation_busy: 'unavailable' },
});
