import { z } from 'zod';
import { LIMITS } from '../limits.js';
import { conversationId, entryId, id, label, text, timestamp, userId } from '../primitives.js';

export const conversationKind = z.enum(['direct', 'group', 'channel']);
export type ConversationKind = z.infer<typeof conversationKind>;

/** What a member may do: a reader reads, a writer writes, a moderator also changes members, title and others' entries. */
export const memberRole = z.enum(['reader', 'writer', 'moderator']);
export type MemberRole = z.infer<typeof memberRole>;

const messageText = label(LIMITS.messageTextBytes);
const mentions = z.array(userId).max(LIMITS.mentions).optional();

export const messageBody = z.strictObject({
  text: messageText,
  mentions,
  /** The entry this one answers. */
  replyTo: entryId.optional(),
  /** The first entry of the thread this one belongs to. */
  threadRoot: entryId.optional(),
});
export const editBody = z.strictObject({ target: entryId, text: messageText, mentions });
export const deletionBody = z.strictObject({ target: entryId });
export const reactionBody = z.strictObject({
  target: entryId,
  emoji: label(LIMITS.emojiBytes),
  removed: z.boolean().optional(),
});
export const membershipBody = z.strictObject({
  change: z.enum(['added', 'removed', 'left', 'role']),
  userIds: z.array(userId).max(LIMITS.membersPerChange + 1),
  role: memberRole.optional(),
  /**
   * Not a person did this: `policy`, the rules of who may meet whom; `emergency`, an alarm brought people together whom these
   * rules keep apart otherwise.
   */
  reason: z.enum(['policy', 'emergency']).optional(),
});
export const settingsBody = z.strictObject({
  title: text(LIMITS.titleBytes).optional(),
  messageTtlSeconds: z.int().min(0).max(LIMITS.messageTtlSeconds.max).optional(),
  sharesHistory: z.boolean().optional(),
});
export const closedBody = z.strictObject({});

/** What happened to the alarm that this conversation belongs to. */
export const alarmBody = z.strictObject({
  alarmId: id(),
  happened: z.enum(['raised', 'changed', 'answered', 'all_clear', 'cancelled', 'expired']),
  severity: z.enum(['emergency', 'alarm', 'notice']),
  /** As it says now; in `raised` and `changed` only. */
  title: text(LIMITS.titleBytes).optional(),
  text: text(LIMITS.alarmTextBytes).optional(),
  /** How many answered in each way so far; in `answered` and at its end. */
  answers: z.strictObject({ accepted: z.int(), declined: z.int(), neutral: z.int() }).optional(),
});
export type AlarmBody = z.infer<typeof alarmBody>;

/** What a person writes. The rest of the log (membership, settings, closing) is written by the server. */
export const written = z.discriminatedUnion('kind', [
  z.strictObject({
    id: entryId,
    kind: z.literal('message'),
    body: messageBody,
    /** The message disappears this long after it was recorded. */
    ttlSeconds: z.int().min(LIMITS.messageTtlSeconds.min).max(LIMITS.messageTtlSeconds.max).optional(),
  }),
  z.strictObject({ id: entryId, kind: z.literal('edit'), body: editBody }),
  z.strictObject({ id: entryId, kind: z.literal('deletion'), body: deletionBody }),
  z.strictObject({ id: entryId, kind: z.literal('reaction'), body: reactionBody }),
]);
export type Written = z.infer<typeof written>;

const position = {
  conversationId,
  /** 1, 2, 3, … without gaps: the same for every reader. */
  seq: z.int().positive(),
  id: entryId,
  senderId: userId,
  recordedAt: timestamp,
};

/**
 * One numbered line of a conversation's log. `body` is null once its content was deleted or has expired. `expiresAt` is when it
 * does, as things stand: by its own time, or by how long the organization keeps messages (`setMessageKeeping`).
 */
export const entry = z.discriminatedUnion('kind', [
  z.object({ ...position, kind: z.literal('message'), body: messageBody.nullable(), expiresAt: timestamp.optional() }),
  z.object({ ...position, kind: z.literal('edit'), body: editBody.nullable(), expiresAt: timestamp.optional() }),
  z.object({ ...position, kind: z.literal('deletion'), body: deletionBody }),
  z.object({ ...position, kind: z.literal('reaction'), body: reactionBody, expiresAt: timestamp.optional() }),
  z.object({ ...position, kind: z.literal('membership'), body: membershipBody }),
  z.object({ ...position, kind: z.literal('settings'), body: settingsBody }),
  z.object({ ...position, kind: z.literal('closed'), body: closedBody }),
  /** The server wrote it; `senderId` is whoever raised the alarm, or the first member. */
  z.object({ ...position, kind: z.literal('alarm'), body: alarmBody }),
]);
export type Entry = z.infer<typeof entry>;
export type EntryKind = Entry['kind'];
