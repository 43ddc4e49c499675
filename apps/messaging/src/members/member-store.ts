import type { MemberRole } from '@relais/contracts';
import type { ConversationId, OrganizationId, UserId } from '@relais/kernel';

export interface MemberRecord {
  userId: UserId;
  role: MemberRole;
  joinedAt: Date;
  delivered: number;
  read: number;
}

/** Reading who is in a conversation; changes go through ConversationStore, because each is a line of the log. */
export abstract class MemberStore {
  /** A page by user id, or null when the asker is not in the conversation. */
  abstract list(
    organizationId: OrganizationId,
    askerId: UserId,
    conversationId: ConversationId,
    page: { after: string; limit: number },
  ): Promise<MemberRecord[] | null>;

  /** Those of these people who are in a conversation, or were once. */
  abstract everIn(
    organizationId: OrganizationId,
    conversationId: ConversationId,
    userIds: readonly UserId[],
  ): Promise<Set<UserId>>;

  /** The conversations a person is in. */
  abstract conversationsOf(organizationId: OrganizationId, userId: UserId): Promise<ConversationId[]>;
}
