import type { ListListeners } from '@relais/contracts';
import type { ConversationId, OrganizationId, UserId } from '@relais/kernel';
import type { Address } from '../announce/announcer.js';

export interface Mark {
  conversationId: ConversationId;
  delivered: number;
  read: number;
}

/** A mark that rose: where it is now, where it was, and where that is to be told. */
export interface RisenMark extends Mark {
  before: Pick<Mark, 'delivered' | 'read'>;
  address: Address;
}

type Asked = ListListeners['conversations'][number];

export interface Listener {
  userId: UserId;
  /** The latest that they do not have. */
  seq: number;
}

/** How far each member has received and read: watermarks that only rise. */
export abstract class MarkStore {
  /**
   * Raises a person's marks; reading implies receiving. Lower values, values past the head, foreign and unknown
   * conversations change nothing. Any number at once, in any order: they do not wait for each other in a circle.
   *
   * @returns the marks that rose.
   */
  abstract advance(organizationId: OrganizationId, userId: UserId, marks: readonly Mark[]): Promise<RisenMark[]>;

  /**
   * Who is to be told of these entries of a conversation and does not have them yet, in the order of their ids. Who has muted
   * it is told where they were named, but not in a direct conversation.
   */
  abstract listeners(organizationId: OrganizationId, asked: Asked, limit: number): Promise<Listener[]>;

  /** Mutes until then, or unmutes with null. @returns whether the person is in the conversation. */
  abstract mute(
    organizationId: OrganizationId,
    userId: UserId,
    conversationId: ConversationId,
    until: Date | null,
  ): Promise<boolean>;
}
