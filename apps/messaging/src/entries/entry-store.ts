import type { ConversationKind, EntryKind, MemberRole } from '@relais/contracts';
import type { ConversationId, DeviceId, EntryId, OrganizationId, UserId } from '@relais/kernel';

/** What the rules need to know about a person in a conversation. */
export interface Standing {
  conversationId: ConversationId;
  userId: UserId;
  kind: ConversationKind;
  /** Raised by every change of members, roles, settings or closing: knowledge of an older version is stale. */
  rulesVersion: number;
  role: MemberRole;
  isClosed: boolean;
  messageTtlSeconds: number;
  /** The two people of a direct conversation, otherwise empty. */
  directUserIds: readonly UserId[];
}

/** An entry ready to be stored: authorized at `rulesVersion`, its body sealed. */
export interface Draft {
  conversationId: ConversationId;
  id: EntryId;
  kind: EntryKind;
  senderId: UserId;
  senderDeviceId: DeviceId;
  rulesVersion: number;
  /** The entry that this one changes. Only its sender may, or for a deletion a moderator. */
  targetId?: EntryId | undefined;
  isModerator: boolean;
  body: Buffer;
  ttlSeconds: number;
  /** Those of them who are members are counted as called by name. */
  mentions: readonly UserId[];
  /** Those of them who are members are named in the event. */
  notify: readonly UserId[];
  notifyAll: boolean;
}

export interface StoredEntry {
  conversationId: ConversationId;
  seq: number;
  id: EntryId;
  kind: EntryKind;
  senderId: UserId;
  senderDeviceId: DeviceId;
  recordedAt: Date;
  expiresAt?: Date | undefined;
  /** Sealed; null once cleared. */
  body: Buffer | null;
}

export type TargetProblem = 'target_not_found' | 'not_your_entry';

/** What the log gave to a draft. */
export interface Placed {
  seq: number;
  expiresAt: Date | undefined;
}

/** Either all drafts were committed, in their order, or none and why. */
export type CommitResult =
  | { outcome: 'committed'; recordedAt: Date; placed: Placed[] }
  /** Knowledge about these conversations is out of date: look again. */
  | { outcome: 'stale'; conversationIds: ConversationId[] }
  /** At least one of the ids is already in its conversation's log. */
  | { outcome: 'known' }
  /** These drafts, by index, change an entry that is not there, or not theirs. */
  | { outcome: 'refused'; problems: Map<number, TargetProblem> };

export interface Window {
  conversationId: ConversationId;
  after: number;
}

/** The log of conversations: PostgreSQL in the cluster, memory in unit tests. */
export abstract class EntryStore {
  /** How these people stand now; null for who is not a member, or where there is no such conversation. */
  abstract standings(
    organizationId: OrganizationId,
    pairs: readonly { conversationId: ConversationId; userId: UserId }[],
  ): Promise<(Standing | null)[]>;

  /**
   * Stores drafts under the next numbers of their conversations, in their order, together with the event that announces
   * them: all is committed to disk, or nothing is. Numbers are handed out under a lock of the conversation that is held
   * until the commit, so they have no gaps. A deletion clears its target and the target's edits in the same commit; an
   * edit ends no later than what it edits.
   *
   * @throws AppError `database_unavailable`, `outcome_unknown`
   */
  abstract commit(organizationId: OrganizationId, drafts: readonly Draft[]): Promise<CommitResult>;

  /** Those of the entries that are in the log, in any order; without content where that is over. */
  abstract find(
    organizationId: OrganizationId,
    ids: readonly { conversationId: ConversationId; id: EntryId }[],
  ): Promise<StoredEntry[]>;

  /** The heads of all conversations a person is in, or of a page of them in the order of their ids. */
  abstract headsOf(
    organizationId: OrganizationId,
    userId: UserId,
    page?: { after?: ConversationId | undefined; limit: number },
  ): Promise<{ conversationId: ConversationId; head: number; isDirect: boolean }[]>;

  /** The heads of these conversations; unknown ones are left out. */
  abstract heads(organizationId: OrganizationId, ids: readonly ConversationId[]): Promise<[ConversationId, number][]>;

  /**
   * What a person may see after each position, oldest first, at most `limit` per conversation: entries of the times they
   * were a member, or all where the conversation shares its history. Nothing of conversations they are not in now.
   */
  abstract listAfter(
    organizationId: OrganizationId,
    userId: UserId,
    windows: readonly Window[],
    limit: number,
  ): Promise<StoredEntry[]>;

  /** The same before a position, and again oldest first. */
  abstract listBefore(
    organizationId: OrganizationId,
    userId: UserId,
    conversationId: ConversationId,
    before: number,
    limit: number,
  ): Promise<StoredEntry[]>;
}
