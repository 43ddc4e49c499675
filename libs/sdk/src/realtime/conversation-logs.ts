import { type Entry, LIMITS, type syncEntries } from '@relais/contracts';
import type { ConversationId } from '@relais/kernel';
import type { z } from 'zod';
import { ConversationLog, type Skipped } from './conversation-log.js';

export type Heads = [ConversationId, number][];
export type History = 'all' | 'none';

type SyncAnswer = z.infer<typeof syncEntries.output>;

export interface Applied {
  entries: Entry[];
  skipped: (Skipped & { conversationId: ConversationId })[];
  gone: ConversationId[];
}

interface Tracked {
  log: ConversationLog<Entry>;
  gone: boolean;
}

/** The applied view of all conversations of one person. Pure: no time, no I/O. */
export class ConversationLogs {
  private readonly tracked = new Map<ConversationId, Tracked>();
  private suspects = new Set<ConversationId>();
  private sawReady = false;

  /** @param history `none` takes what is there at the first `ready` as read; conversations that appear later start at 0 */
  constructor(
    private readonly history: History = 'all',
    heads: Iterable<readonly [ConversationId, number]> = [],
    private readonly maxBuffered?: number,
  ) {
    for (const [id, head] of heads) this.start(id, head);
  }

  get duplicates(): number {
    return [...this.tracked.values()].reduce((sum, { log }) => sum + log.duplicates, 0);
  }

  /** How far each conversation was applied: give it to the next connection to go on from here. */
  heads(): Map<ConversationId, number> {
    return new Map([...this.tracked].filter(([, { gone }]) => !gone).map(([id, { log }]) => [id, log.head]));
  }

  /** Whether a sync could bring anything: something is known to be missing, or may have been left. */
  get behind(): boolean {
    return this.suspects.size > 0 || [...this.tracked.values()].some(({ log, gone }) => !gone && log.behind);
  }

  /** Takes the heads of `ready`, which name every conversation of the person. */
  ready(heads: Heads): void {
    const skipsHistory = this.history === 'none' && !this.sawReady;
    this.sawReady = true;
    for (const [id, head] of heads) if (skipsHistory && !this.tracked.has(id)) this.start(id, head);
    this.sighted(heads);
    const named = new Set(heads.map(([id]) => id));
    this.suspects = new Set([...this.tracked].filter(([id, { gone }]) => !gone && !named.has(id)).map(([id]) => id));
  }

  /** The server said how far these logs reach. @returns whether any of them has something for us */
  sighted(heads: Heads): boolean {
    for (const [id, head] of heads) {
      const tracked = this.of(id);
      tracked.gone = false;
      tracked.log.sighted(head);
    }
    return heads.some(([id]) => this.of(id).log.behind);
  }

  /** Takes a live entry. @returns what is to be applied now, in order, and whether this entry opened a hole */
  offer(entry: Entry): { entries: Entry[]; opensGap: boolean } {
    const tracked = this.of(entry.conversationId);
    const { log } = tracked;
    const wasBehind = log.behind && !tracked.gone;
    tracked.gone = false;
    const entries = log.offer(entry);
    return { entries, opensGap: log.behind && !wasBehind };
  }

  /**
   * Asks for what is missing. All conversations are named, as the server takes those left out for new ones; with more than a
   * question may hold, those that miss something go first.
   */
  question(): Heads {
    const present = [...this.tracked].filter(([, { gone }]) => !gone);
    const urgency = ([id, { log }]: [ConversationId, Tracked]): number => (log.behind || this.suspects.has(id) ? 0 : 1);
    const named = present.sort((a, b) => urgency(a) - urgency(b)).slice(0, LIMITS.syncHeads);
    return named.map(([id, { log }]) => [id, log.head]);
  }

  /** Applies an answer: each page up to the position to which the server says it is whole. */
  apply({ changed, gone, more }: SyncAnswer): Applied {
    const applied: Applied = { entries: [], skipped: [], gone: [] };
    for (const { conversationId, head, upTo, entries: page } of changed) {
      this.sighted([[conversationId, head]]);
      const own = page.filter((entry) => entry.conversationId === conversationId);
      const { entries, skipped } = this.of(conversationId).log.repair(own, upTo);
      applied.entries.push(...entries);
      applied.skipped.push(...skipped.map((range) => ({ ...range, conversationId })));
    }
    applied.gone = gone.filter((id) => this.leave(id));
    if (!more) this.suspects.clear();
    return applied;
  }

  /** The head is kept: a person who comes back is not shown the same entries again. */
  private leave(id: ConversationId): boolean {
    const tracked = this.tracked.get(id);
    this.suspects.delete(id);
    if (!tracked || tracked.gone) return false;
    tracked.gone = true;
    return true;
  }

  private of(id: ConversationId): Tracked {
    return this.tracked.get(id) ?? this.start(id, 0);
  }

  private start(id: ConversationId, head: number): Tracked {
    const tracked = { log: new ConversationLog<Entry>(head, this.maxBuffered), gone: false };
    this.tracked.set(id, tracked);
    return tracked;
  }
}
