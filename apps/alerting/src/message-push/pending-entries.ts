import type { EntriesAppended, ListListeners, NewestEntry } from '@relais/contracts';
import { LIMITS } from '@relais/contracts';
import type { ConversationId, OrganizationId } from '@relais/kernel';

type Asked = ListListeners['conversations'][number];

/** What was said in a conversation and nobody was woken for yet. */
export interface PendingConversation {
  organizationId: OrganizationId;
  conversationId: ConversationId;
  dueAtMs: number;
  bySender: Map<string, NewestEntry>;
  /** Whoever waits to hear that it is done. */
  waiting: { resolve: () => void; reject: (error: unknown) => void }[];
}

export interface PendingOptions {
  /** Time for devices with a socket to say that they have it, ms. */
  delayMs: number;
  /** Between two times that the same conversation wakes somebody, ms. */
  pauseMs: number;
}

/** Conversations that were told of lately are remembered so many. */
const MAX_REMEMBERED = 20_000;

/**
 * Gathers what is said, so that a conversation in which much is said wakes nobody for each word. Organizations take turns,
 * however much one of them has.
 */
export class PendingEntries {
  private readonly organizations = new Map<OrganizationId, Map<ConversationId, PendingConversation>>();
  private readonly toldAtMs = new Map<ConversationId, number>();

  constructor(
    private readonly options: PendingOptions,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Resolves when everybody who was to be woken was. */
  add({ organizationId, entries }: EntriesAppended): Promise<void>[] {
    const worthTelling = entries.filter(({ notify, notifyAll }) => notifyAll || notify.length > 0);
    return worthTelling.map((entry) => {
      const pending = this.pendingOf(organizationId, entry.conversationId);
      note(pending, entry);
      return new Promise((resolve, reject) => pending.waiting.push({ resolve, reject }));
    });
  }

  /** So many conversations of one organization that are due, or of the next when the first has none; they are taken out. */
  take(limit: number, busy: ReadonlySet<OrganizationId>): PendingConversation[] {
    for (const [organizationId, conversations] of this.organizations) {
      if (busy.has(organizationId)) continue;
      const due = [...conversations.values()].filter(({ dueAtMs }) => dueAtMs <= this.now()).slice(0, limit);
      if (due.length === 0) continue;
      for (const { conversationId } of due) {
        conversations.delete(conversationId);
        this.remember(conversationId);
      }
      // To the end of the line.
      this.organizations.delete(organizationId);
      if (conversations.size > 0) this.organizations.set(organizationId, conversations);
      return due;
    }
    return [];
  }

  get isEmpty(): boolean {
    return this.organizations.size === 0;
  }

  private pendingOf(organizationId: OrganizationId, conversationId: ConversationId): PendingConversation {
    let conversations = this.organizations.get(organizationId);
    if (!conversations) this.organizations.set(organizationId, (conversations = new Map()));
    const known = conversations.get(conversationId);
    if (known) return known;
    const earliest = (this.toldAtMs.get(conversationId) ?? -Infinity) + this.options.pauseMs;
    const dueAtMs = Math.max(this.now() + this.options.delayMs, earliest);
    const pending = { organizationId, conversationId, dueAtMs, bySender: new Map(), waiting: [] };
    conversations.set(conversationId, pending);
    return pending;
  }

  private remember(conversationId: ConversationId): void {
    this.toldAtMs.delete(conversationId);
    this.toldAtMs.set(conversationId, this.now());
    const oldest = this.toldAtMs.keys().next();
    if (this.toldAtMs.size > MAX_REMEMBERED && !oldest.done) this.toldAtMs.delete(oldest.value);
  }
}

/** Of each sender the latest is kept, for all whom any of theirs named; of many senders, the latest ones. */
function note({ bySender }: PendingConversation, entry: EntriesAppended['entries'][number]): void {
  const { seq, senderId, notify, notifyAll } = entry;
  const before = bySender.get(senderId);
  const named = [...new Set([...(before?.notify ?? []), ...notify])].slice(0, LIMITS.listenersPage);
  bySender.delete(senderId);
  bySender.set(senderId, {
    ...{ senderId, seq: Math.max(seq, before?.seq ?? 0), notify: named },
    notifyAll: notifyAll || (before?.notifyAll ?? false),
  });
  const oldest = bySender.keys().next();
  if (bySender.size > LIMITS.listenersEntries && !oldest.done) bySender.delete(oldest.value);
}

export const askedOf = ({ conversationId, bySender }: PendingConversation): Asked => ({
  conversationId,
  entries: [...bySender.values()],
});
