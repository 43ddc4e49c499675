import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { conversationId, label, nothing, pageOf, pageRequest, seq, text, timestamp, userId } from '../primitives.js';
import { conversationKind, memberRole } from './bodies.js';

export const conversation = z.object({
  id: conversationId,
  kind: conversationKind,
  title: z.string(),
  head: seq,
  closed: z.boolean(),
  sharesHistory: z.boolean(),
  messageTtlSeconds: z.int(),
  members: z.int(),
  createdAt: timestamp,
  /** The caller's own view. */
  my: z.object({
    role: memberRole,
    delivered: seq,
    read: seq,
    /** Messages of others after the read mark; counted up to 1,000. */
    unread: z.int(),
    /** Those of them that mention the caller. */
    mentions: z.int(),
    mutedUntil: timestamp.optional(),
  }),
});
export type Conversation = z.infer<typeof conversation>;

/**
 * People who may not meet would: the caller may not message somebody, or two of the people may not message each other in
 * either direction. `details.userIds` names those in the way.
 */
const notAllowed = { contact_not_allowed: 'forbidden', conversation_busy: 'unavailable' } as const;

/** There is one direct conversation per pair: asking for it again, by either side, gives the same one. */
export const createConversation = defineRequest({
  subject: 'rpc.messaging.conversation.create.v1',
  access: 'user',
  bots: ['conversations:write'],
  input: z.strictObject({
    id: conversationId,
    kind: conversationKind,
    title: text(LIMITS.titleBytes).default(''),
    memberIds: z.array(userId).max(LIMITS.membersPerChange),
    sharesHistory: z.boolean().default(false),
    messageTtlSeconds: z.int().min(0).max(LIMITS.messageTtlSeconds.max).default(0),
  }),
  output: conversation,
  errors: {
    user_not_found: 'not_found',
    conversation_id_reused: 'conflict',
    direct_needs_one_other: 'invalid',
    ...notAllowed,
  },
});

const onConversation = {
  conversation_not_found: 'not_found',
  conversation_closed: 'conflict',
  may_not_moderate: 'forbidden',
} as const;

export const readConversation = defineRequest({
  subject: 'rpc.messaging.conversation.read.v1',
  access: 'user',
  bots: ['messages:read'],
  input: z.strictObject({ conversationId }),
  output: conversation,
  errors: { conversation_not_found: 'not_found' },
});

export const listConversations = defineRequest({
  subject: 'rpc.messaging.conversation.list.v1',
  access: 'user',
  bots: ['messages:read'],
  input: z.strictObject(pageRequest),
  output: pageOf(conversation),
  errors: {},
});

export const updateConversation = defineRequest({
  subject: 'rpc.messaging.conversation.update.v1',
  access: 'user',
  input: z.strictObject({
    conversationId,
    title: label(LIMITS.titleBytes).optional(),
    messageTtlSeconds: z.int().min(0).max(LIMITS.messageTtlSeconds.max).optional(),
    sharesHistory: z.boolean().optional(),
  }),
  output: conversation,
  errors: onConversation,
});

/** No more entries after this one; what was said stays readable. */
export const closeConversation = defineRequest({
  subject: 'rpc.messaging.conversation.close.v1',
  access: 'user',
  input: z.strictObject({ conversationId }),
  output: nothing,
  errors: onConversation,
});

export const member = z.object({
  userId,
  role: memberRole,
  joinedAt: timestamp,
  delivered: seq,
  read: seq,
});
export type Member = z.infer<typeof member>;

export const listMembers = defineRequest({
  subject: 'rpc.messaging.member.list.v1',
  access: 'user',
  bots: ['messages:read'],
  input: z.strictObject({ conversationId, ...pageRequest }),
  output: pageOf(member),
  errors: { conversation_not_found: 'not_found' },
});

export const addMembers = defineRequest({
  subject: 'rpc.messaging.member.add.v1',
  access: 'user',
  bots: ['conversations:write'],
  input: z.strictObject({
    conversationId,
    userIds: z.array(userId).min(1).max(LIMITS.membersPerChange),
    role: memberRole.optional(),
  }),
  output: nothing,
  errors: {
    ...onConversation,
    ...notAllowed,
    user_not_found: 'not_found',
    too_many_members: 'invalid',
    direct_is_fixed: 'conflict',
  },
});

/** Takes a member out; a person may always take out themselves. The last moderator's leaving hands the role to the longest member. */
export const removeMember = defineRequest({
  subject: 'rpc.messaging.member.remove.v1',
  access: 'user',
  input: z.strictObject({ conversationId, userId }),
  output: nothing,
  errors: { ...onConversation, member_not_found: 'not_found', direct_is_fixed: 'conflict' },
});

export const changeRole = defineRequest({
  subject: 'rpc.messaging.member.change-role.v1',
  access: 'user',
  input: z.strictObject({ conversationId, userId, role: memberRole }),
  output: nothing,
  errors: { ...onConversation, member_not_found: 'not_found', direct_is_fixed: 'conflict', last_moderator: 'conflict' },
});

const mark = z.strictObject({ conversationId, delivered: seq.optional(), read: seq.optional() });

/** Raises the caller's watermarks; a lower value, one past the head or a foreign conversation changes nothing. */
export const advanceMarks = defineRequest({
  subject: 'rpc.messaging.mark.advance.v1',
  access: 'user',
  bots: ['messages:read'],
  input: z.strictObject({ marks: z.array(mark).min(1).max(200) }),
  output: nothing,
  errors: {},
});

export const muteConversation = defineRequest({
  subject: 'rpc.messaging.conversation.mute.v1',
  access: 'user',
  input: z.strictObject({ conversationId, until: timestamp.nullable() }),
  output: nothing,
  errors: { conversation_not_found: 'not_found' },
});
