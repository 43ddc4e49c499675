import type { ConversationKind, MemberRole } from '@relais/contracts';
import type { ConversationId, EventId, OrganizationId, UserId } from '@relais/kernel';

/** A conversation and its people, as they stood when somebody looked. */
export interface Look {
  id: ConversationId;
  kind: ConversationKind;
  isClosed: boolean;
  /** Raised by every change; a change that holds it is made of this look and no other. */
  rulesVersion: number;
  /** Moderators first, then in the order they came. */
  members: readonly { userId: UserId; role: MemberRole }[];
}

/** What a change was decided from, and must still be so when it is committed. */
export interface Guard {
  contactVersion: number;
  rulesVersion?: number;
}

/** Which conversations a review goes through: all, those of some people, or the direct ones that were made unwritable. */
export type ReviewScope = 'all' | 'muted' | readonly UserId[];

/**
 * What messaging keeps about who may meet whom: only a number, and its place in reviews. A review raises the number before
 * it looks; who adds people reads the number before they ask auth, and commits only while it is the same. So either the
 * review sees the new people, or they were decided on by the new rules.
 */
export abstract class ContactStore {
  abstract version(organizationId: OrganizationId): Promise<number>;

  abstract look(organizationId: OrganizationId, id: ConversationId): Promise<Look | null>;

  /** Begins a review, raising the number, or finds the one begun before. @returns the last conversation it is through with */
  abstract begin(organizationId: OrganizationId, eventId: EventId): Promise<ConversationId | null>;

  /** The next open conversations by id, with `members` left out; not those in which barriers are lifted. */
  abstract next(
    organizationId: OrganizationId,
    scope: ReviewScope,
    after: ConversationId | null,
    limit: number,
  ): Promise<{ id: ConversationId; members: number }[]>;

  abstract looks(organizationId: OrganizationId, ids: readonly ConversationId[]): Promise<Look[]>;

  abstract advance(organizationId: OrganizationId, eventId: EventId, to: ConversationId): Promise<void>;

  abstract finish(organizationId: OrganizationId, eventId: EventId): Promise<void>;
}
