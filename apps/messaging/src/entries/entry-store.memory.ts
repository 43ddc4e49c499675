import type { ConversationId, EntryId, OrganizationId, UserId } from '@relais/kernel';
import {
  type CommitResult,
  type Draft,
  EntryStore,
  type Standing,
  type StoredEntry,
  type Window,
} from './entry-store.js';
import { targetProblems } from './targets.js';

interface Membership {
  userId: UserId;
  role: Standing['role'];
  joinedSeq: number;
  leftSeq?: number;
}

export interface MemoryConversation {
  standing: Omit<Standing, 'userId' | 'role' | 'conversationId'>;
  sharesHistory: boolean;
  members: Membership[];
  log: (StoredEntry & { targetId?: EntryId | undefined })[];
}

/** The log in memory, for unit tests of the rules. Conversations are put in by the test. */
export class MemoryEntryStore extends EntryStore {
  readonly conversations = new Map<ConversationId, MemoryConversation>();
  /** Drafts of every commit that went through, in order. */
  readonly commits: (readonly Draft[])[] = [];

  constructor(private readonly now: () => Date) {
    super();
  }

  async standings(_: OrganizationId, pairs: readonly { conversationId: ConversationId; userId: UserId }[]) {
    return pairs.map(({ conversationId, userId }): Standing | null => {
      const conversation = this.conversations.get(conversationId);
      const member = conversation && current(conversation, userId);
      return member ? { ...conversation.standing, conversationId, userId, role: member.role } : null;
    });
  }

  async commit(_: OrganizationId, drafts: readonly Draft[]): Promise<CommitResult> {
    const stale = drafts.filter(({ conversationId, rulesVersion }) => this.versionOf(conversationId) !== rulesVersion);
    if (stale.length > 0) return { outcome: 'stale', conversationIds: stale.map((draft) => draft.conversationId) };
    const problems = targetProblems(drafts, this.targets());
    if (problems.size > 0) return { outcome: 'refused', problems };
    if (drafts.some((draft) => this.stored(draft.conversationId, draft.id))) return { outcome: 'known' };
    const recordedAt = this.now();
    const seqs = drafts.map((draft) => this.append(draft, recordedAt));
    this.commits.push(drafts);
    return { outcome: 'committed', recordedAt, seqs };
  }

  async find(_: OrganizationId, ids: readonly { conversationId: ConversationId; id: EntryId }[]) {
    return ids.flatMap(({ conversationId, id }) => this.stored(conversationId, id) ?? []);
  }

  async headsOf(_: OrganizationId, userId: UserId) {
    return [...this.conversations]
      .filter(([, conversation]) => current(conversation, userId))
      .map(([conversationId, { log, standing }]) => ({
        conversationId,
        head: log.length,
        isDirect: standing.kind === 'direct',
      }));
  }

  async heads(_: OrganizationId, ids: readonly ConversationId[]) {
    return ids.flatMap((id): [ConversationId, number][] => {
      const conversation = this.conversations.get(id);
      return conversation ? [[id, conversation.log.length]] : [];
    });
  }

  async listAfter(_: OrganizationId, userId: UserId, windows: readonly Window[], limit: number) {
    return windows.flatMap(({ conversationId, after }) =>
      this.visible(conversationId, userId)
        .filter(({ seq }) => seq > after)
        .slice(0, limit),
    );
  }

  async listBefore(_: OrganizationId, userId: UserId, conversationId: ConversationId, before: number, limit: number) {
    return this.visible(conversationId, userId)
      .filter(({ seq }) => seq < before)
      .slice(-limit);
  }

  private versionOf(id: ConversationId): number | undefined {
    return this.conversations.get(id)?.standing.rulesVersion;
  }

  private stored(conversationId: ConversationId, id: EntryId): StoredEntry | undefined {
    return this.conversations.get(conversationId)?.log.find((entry) => entry.id === id);
  }

  private targets() {
    return [...this.conversations.values()].flatMap(({ log }) =>
      log.map((entry) => ({ ...entry, isCleared: entry.body === null })),
    );
  }

  private append(draft: Draft, recordedAt: Date): number {
    const { log } = this.conversations.get(draft.conversationId) as MemoryConversation;
    const expiresAt = draft.ttlSeconds > 0 ? new Date(recordedAt.getTime() + draft.ttlSeconds * 1_000) : undefined;
    log.push({ ...draft, seq: log.length + 1, recordedAt, expiresAt });
    if (draft.kind === 'deletion')
      for (const entry of log)
        if (entry.id === draft.targetId || (entry.kind === 'edit' && entry.targetId === draft.targetId))
          entry.body = null;
    return log.length;
  }

  private visible(conversationId: ConversationId, userId: UserId): StoredEntry[] {
    const conversation = this.conversations.get(conversationId);
    if (!conversation || !current(conversation, userId)) return [];
    const { log, sharesHistory, members } = conversation;
    const periods = members.filter((member) => member.userId === userId);
    const wasIn = (seq: number) => periods.some(({ joinedSeq, leftSeq = seq }) => seq >= joinedSeq && seq <= leftSeq);
    return log.filter(({ seq }) => sharesHistory || wasIn(seq));
  }
}

const current = ({ members }: MemoryConversation, userId: UserId): Membership | undefined =>
  members.find((member) => member.userId === userId && member.leftSeq === undefined);
