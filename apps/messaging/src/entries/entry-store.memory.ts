import type { ConversationId, EntryId, OrganizationId, UserId } from '@relais/kernel';
import { keptUntil, SAID } from '../keeping/said.js';
import {
  type CommitResult,
  type Draft,
  EntryStore,
  type Standing,
  type StoredEntry,
  type Window,
} from './entry-store.js';
import { endsOf, expiriesOf, type Target, targetProblems } from './targets.js';

interface Membership {
  userId: UserId;
  role: Standing['role'];
  joinedSeq: number;
  leftSeq?: number;
}

export interface MemoryConversation {
  organizationId: OrganizationId;
  standing: Omit<Standing, 'userId' | 'role' | 'conversationId'>;
  sharesHistory: boolean;
  members: Membership[];
  log: (StoredEntry & { targetId?: EntryId | undefined })[];
}

/** The log in memory, for unit tests of the rules. Conversations are put in by the test. */
export class MemoryEntryStore extends EntryStore {
  readonly conversations = new Map<ConversationId, MemoryConversation>();
  /** How long organizations keep what is said, where they say it. */
  readonly keepDays = new Map<OrganizationId, number>();
  /** Drafts of every commit that went through, in order. */
  readonly commits: (readonly Draft[])[] = [];

  constructor(private readonly now: () => Date) {
    super();
  }

  async standings(
    organizationId: OrganizationId,
    pairs: readonly { conversationId: ConversationId; userId: UserId }[],
  ) {
    return pairs.map(({ conversationId, userId }): Standing | null => {
      const conversation = this.of(organizationId, conversationId);
      const member = conversation && current(conversation, userId);
      return member ? { ...conversation.standing, conversationId, userId, role: member.role } : null;
    });
  }

  async commit(organizationId: OrganizationId, drafts: readonly Draft[]): Promise<CommitResult> {
    const isStale = ({ conversationId, rulesVersion }: Draft) =>
      this.of(organizationId, conversationId)?.standing.rulesVersion !== rulesVersion;
    const stale = new Set(drafts.filter(isStale).map(({ conversationId }) => conversationId));
    if (stale.size > 0) return { outcome: 'stale', conversationIds: [...stale] };
    const targets = this.targets(organizationId);
    const problems = targetProblems(drafts, targets);
    if (problems.size > 0) return { outcome: 'refused', problems };
    if (drafts.some((draft) => this.stored(organizationId, draft))) return { outcome: 'known' };
    const recordedAt = this.now();
    const own = expiriesOf(drafts, targets, recordedAt);
    const ends = endsOf(drafts, targets, own, recordedAt, this.keepDays.get(organizationId) ?? null);
    const placed = drafts.map((draft, at) => ({
      seq: this.append(draft, recordedAt, own[at]),
      expiresAt: ends[at],
    }));
    this.commits.push(drafts);
    return { outcome: 'committed', recordedAt, placed };
  }

  async find(organizationId: OrganizationId, ids: readonly { conversationId: ConversationId; id: EntryId }[]) {
    return ids.flatMap((one) => {
      const found = this.stored(organizationId, one);
      if (!found) return [];
      const standing = this.asItStands(organizationId, found);
      const isOver = (standing.expiresAt ?? Infinity) <= this.now();
      return isOver ? { ...standing, body: null } : standing;
    });
  }

  async headsOf(
    organizationId: OrganizationId,
    userId: UserId,
    { after = '', limit = Infinity }: { after?: string | undefined; limit?: number } = {},
  ) {
    return [...this.conversations]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .filter(([id]) => id > after)
      .filter(([, conversation]) => conversation.organizationId === organizationId && current(conversation, userId))
      .map(([conversationId, { log, standing }]) => ({
        conversationId,
        head: log.length,
        isDirect: standing.kind === 'direct',
      }))
      .slice(0, limit);
  }

  async heads(organizationId: OrganizationId, ids: readonly ConversationId[]) {
    return ids.flatMap((id): [ConversationId, number][] => {
      const conversation = this.of(organizationId, id);
      return conversation ? [[id, conversation.log.length]] : [];
    });
  }

  async listAfter(organizationId: OrganizationId, userId: UserId, windows: readonly Window[], limit: number) {
    return windows.flatMap(({ conversationId, after }) =>
      this.visible(organizationId, conversationId, userId)
        .filter(({ seq }) => seq > after)
        .slice(0, limit),
    );
  }

  async listBefore(
    organizationId: OrganizationId,
    userId: UserId,
    conversationId: ConversationId,
    before: number,
    limit: number,
  ) {
    return this.visible(organizationId, conversationId, userId)
      .filter(({ seq }) => seq < before)
      .slice(-limit);
  }

  private of(organizationId: OrganizationId, id: ConversationId): MemoryConversation | undefined {
    const conversation = this.conversations.get(id);
    return conversation?.organizationId === organizationId ? conversation : undefined;
  }

  private stored(
    organizationId: OrganizationId,
    { conversationId, id }: { conversationId: ConversationId; id: EntryId },
  ): MemoryConversation['log'][number] | undefined {
    return this.of(organizationId, conversationId)?.log.find((entry) => entry.id === id);
  }

  private targets(organizationId: OrganizationId): Target[] {
    const now = this.now();
    return [...this.conversations.values()]
      .filter((conversation) => conversation.organizationId === organizationId)
      .flatMap(({ log }) => log)
      .map((entry) => ({
        ...entry,
        isCleared: entry.body === null || (this.asItStands(organizationId, entry).expiresAt ?? Infinity) <= now,
      }));
  }

  private append(draft: Draft, recordedAt: Date, expiresAt: Date | undefined): number {
    const { log } = this.conversations.get(draft.conversationId) as MemoryConversation;
    const seq = log.length + 1;
    log.push({ ...draft, seq, recordedAt, expiresAt });
    if (draft.kind === 'deletion')
      for (const entry of log)
        if (entry.id === draft.targetId || (entry.kind === 'edit' && entry.targetId === draft.targetId))
          entry.body = null;
    return seq;
  }

  /** With the end that its organization gives it. */
  private asItStands(organizationId: OrganizationId, entry: MemoryConversation['log'][number]): StoredEntry {
    const keepDays = this.keepDays.get(organizationId);
    if (keepDays === undefined || !SAID.has(entry.kind)) return entry;
    const { conversationId, targetId: id, expiresAt } = entry;
    const { recordedAt } = (id && this.stored(organizationId, { conversationId, id })) || entry;
    const kept = keptUntil(recordedAt, keepDays);
    return { ...entry, expiresAt: expiresAt && expiresAt < kept ? expiresAt : kept };
  }

  private visible(organizationId: OrganizationId, conversationId: ConversationId, userId: UserId): StoredEntry[] {
    const conversation = this.of(organizationId, conversationId);
    if (!conversation || !current(conversation, userId)) return [];
    const { log, sharesHistory, members } = conversation;
    const periods = members.filter((member) => member.userId === userId);
    const wasIn = (seq: number) => periods.some(({ joinedSeq, leftSeq = seq }) => seq >= joinedSeq && seq <= leftSeq);
    return log.filter(({ seq }) => sharesHistory || wasIn(seq)).map((entry) => this.asItStands(organizationId, entry));
  }
}

const current = ({ members }: MemoryConversation, userId: UserId): Membership | undefined =>
  members.find((member) => member.userId === userId && member.leftSeq === undefined);
