import type { ConversationKind, MemberRole } from '@relais/contracts';
import { type ConversationId, type DeviceId, newId, type UserId } from '@relais/kernel';
import type { Change, ChangeRequest, Current, NewConversation } from '../src/conversations/conversation-store.js';

export const people = (count: number): UserId[] => Array.from({ length: count }, () => newId<UserId>());

/** Stands in for sealing where a test is about rows. */
export const seal = (_: unknown, body: unknown): Buffer => Buffer.from(JSON.stringify(body));

/** A conversation to be made: its creator first, who moderates groups and channels. */
export const aConversation = (
  kind: ConversationKind,
  [creatorId, ...others]: readonly UserId[],
  more: Partial<NewConversation> = {},
): NewConversation => ({
  id: newId<ConversationId>(),
  kind,
  creatorId: creatorId as UserId,
  creatorDeviceId: newId<DeviceId>(),
  members: [
    { userId: creatorId as UserId, role: kind === 'direct' ? 'writer' : 'moderator' },
    ...others.map((userId) => ({ userId, role: 'writer' as const })),
  ],
  title: null,
  sharesHistory: false,
  messageTtlSeconds: 0,
  contactVersion: 0,
  ...more,
});

export const aChange = (
  conversationId: ConversationId,
  actorId: UserId,
  userIds: readonly UserId[],
  decide: (current: Current) => readonly Change[],
): ChangeRequest => ({ conversationId, actorId, actorDeviceId: newId<DeviceId>(), userIds, decide, seal });

export const adding = (userIds: UserId[], role: MemberRole = 'writer'): Change => ({
  kind: 'membership',
  body: { change: 'added', userIds, role },
  add: userIds.map((userId) => ({ userId, role })),
});

export const removing = (userId: UserId): Change => ({
  kind: 'membership',
  body: { change: 'removed', userIds: [userId] },
  remove: [userId],
});
