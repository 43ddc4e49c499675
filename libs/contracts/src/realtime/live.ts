import type { ConversationId, OrganizationId, UserId } from '@relais/kernel';
import { z } from 'zod';
import { entry } from '../messaging/bodies.js';
import { conversationId, seq, userId } from '../primitives.js';

/**
 * What travels on `live.` subjects: at most once, never stored, repaired by seq. The JSON is the server frame itself,
 * so a gateway passes the bytes on unchanged.
 */
export const liveEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('entry'), entry }),
  z.object({ type: z.literal('receipt'), conversationId, userId, delivered: seq, read: seq }),
  z.object({ type: z.literal('typing'), conversationId, userId }),
]);
export type LiveEvent = z.infer<typeof liveEvent>;

/** Subjects of live fan-out: direct conversations go to their two people, larger ones to their own subject, once. */
export const live = {
  user: (organization: OrganizationId, user: UserId) => `live.${organization}.user.${user}`,
  conversation: (organization: OrganizationId, conversation: ConversationId) =>
    `live.${organization}.conversation.${conversation}`,
};
