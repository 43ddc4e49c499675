import type { ConversationKind, Entry, MemberRole } from '@relais/contracts';
import type { ConversationId, DeviceId, EntryId, OrganizationId, UserId } from '@relais/kernel';
import type { Guard } from '../contacts/contact-store.js';
import type { Address } from '../announce/announcer.js';

export interface NewMember {
  userId: UserId;
  role: MemberRole;
}

export interface NewConversation {
  id: ConversationId;
  kind: ConversationKind;
  creatorId: UserId;
  creatorDeviceId: DeviceId;
  members: readonly NewMember[];
  /** Sealed; null when there is none. */
  title: Buffer | null;
  sharesHistory: boolean;
  messageTtlSeconds: number;
  /** Of the look at who may meet whom that decided on its members. */
  contactVersion: number;
  /** People who may not meet otherwise meet here. */
  liftsBarriers?: boolean;
}

/** A conversation as one of its members sees it. */
export interface ConversationView {
  id: ConversationId;
  kind: ConversationKind;
  title: Buffer | null;
  head: number;
  isClosed: boolean;
  sharesHistory: boolean;
  messageTtlSeconds: number;
  members: number;
  createdAt: Date;
  role: MemberRole;
  delivered: number;
  read: number;
  unread: number;
  mentions: number;
  mutedUntil: Date | null;
}

/** What the rules look at when something about a conversation is to change; read under its lock. */
export interface Current {
  kind: ConversationKind;
  isClosed: boolean;
  members: number;
  /** The asker's role, or null when they are not a member. */
  actorRole: MemberRole | null;
  /** The roles of the people asked about who are members. */
  roles: ReadonlyMap<UserId, MemberRole>;
  moderators: number;
  /** Who has been here longest beside the people asked about; who may write comes before who only reads. */
  heir: UserId | null;
}

type ServerBody<Kind extends Entry['kind']> = NonNullable<Extract<Entry, { kind: Kind }>['body']>;

/** One line of the log that the server writes, with its effects. */
export type Change =
  | { kind: 'membership'; body: ServerBody<'membership'>; add?: NewMember[]; remove?: UserId[]; roles?: NewMember[] }
  | { kind: 'settings'; body: ServerBody<'settings'>; title?: Buffer }
  | { kind: 'closed'; body: ServerBody<'closed'> }
  /** Written once by its id, however often it is asked for. */
  | { kind: 'alarm'; body: ServerBody<'alarm'>; id: EntryId };

export interface ChangeRequest {
  conversationId: ConversationId;
  actorId: UserId;
  actorDeviceId: DeviceId;
  /** The people it is about. */
  userIds: readonly UserId[];
  /** What was looked at before and must not have changed since. */
  guard?: Guard | undefined;
  /** Decides under the conversation's lock, from its current state; undefined when there is nothing to change. */
  decide(current: Current): readonly Change[];
  /** Seals a body for the entry of this id. */
  seal(id: EntryId, body: unknown): Buffer;
}

/** The entries that were written, for those who are online. */
export interface Changed {
  address: Address;
  entries: Entry[];
}

/** Conversations, who is in them, and how far each has read. */
export abstract class ConversationStore {
  /**
   * Makes a conversation with its first entry, which says who is in it, or finds it: a direct one by its pair, any by its id.
   *
   * @returns the id it is known by; `change` when it was made now; null when the id belongs to something else.
   */
  abstract create(
    organizationId: OrganizationId,
    conversation: NewConversation,
    seal: ChangeRequest['seal'],
  ): Promise<{ id: ConversationId; changed?: Changed } | null>;

  /** The conversation that `create` would find, or null. */
  abstract existing(organizationId: OrganizationId, conversation: NewConversation): Promise<ConversationId | null>;

  /** Conversations of a person: these, or a page of all, by id. */
  abstract views(
    organizationId: OrganizationId,
    userId: UserId,
    which: { ids: readonly ConversationId[] } | { after: string; limit: number },
  ): Promise<ConversationView[]>;

  /**
   * Changes a conversation: locked, decided, applied and written to the log in one commit. What `decide` throws undoes all.
   *
   * @returns null when there is no such conversation.
   * @throws AppError `conversation_busy` when the guard does not hold
   */
  abstract change(organizationId: OrganizationId, request: ChangeRequest): Promise<Changed | null>;
}
