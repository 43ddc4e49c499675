/** What repair found nothing to show for: positions that the server says this reader may not see, both inclusive. */
export interface Skipped {
  from: number;
  to: number;
}

export interface Repaired<Item> {
  entries: Item[];
  skipped: Skipped[];
}

/**
 * The applied view of one conversation's log: decides what of everything that arrives is applied, and when.
 *
 * Every seq is handed out at most once, in ascending order, whatever is lost, repeated or overtaken on the way. A live
 * entry is applied only right after its predecessor; one that came early is kept (at most `maxBuffered`, the highest are
 * let go) until a repair fills the hole. Pure: no time, no I/O.
 */
export class ConversationLog<Item extends { seq: number }> {
  private early = new Map<number, Item>();
  private highest: number;
  /** Entries that arrived again and were dropped. */
  duplicates = 0;

  constructor(
    private applied = 0,
    private readonly maxBuffered = 1_000,
  ) {
    this.highest = applied;
  }

  /** The seq of the last applied entry; 0 before the first. */
  get head(): number {
    return this.applied;
  }

  /** The highest seq the server has mentioned. */
  get known(): number {
    return this.highest;
  }

  /** Whether the server has more than was applied. */
  get behind(): boolean {
    return this.highest > this.applied;
  }

  /** The server said its log reaches at least here. */
  sighted(head: number): void {
    this.highest = Math.max(this.highest, head);
  }

  /** Takes a live entry. @returns what is to be applied now, in order */
  offer(item: Item): Item[] {
    this.sighted(item.seq);
    if (item.seq <= this.applied || this.early.has(item.seq)) {
      this.duplicates += 1;
      return [];
    }
    this.keep(item);
    return this.drain();
  }

  /**
   * Takes a page that the server read from our head (or before it): everything of the log that this reader may see up to
   * `upTo`, and at least up to the page's last entry. What is missing before that point is not lost but not for us
   * (said before the reader was a member), and is stepped over.
   */
  repair(page: readonly Item[], upTo: number): Repaired<Item> {
    for (const item of page) {
      this.sighted(item.seq);
      if (item.seq > this.applied) this.early.set(item.seq, item);
    }
    const limit = page.reduce((last, item) => Math.max(last, item.seq), upTo);
    const skipped: Skipped[] = [];
    const entries: Item[] = [];
    for (const seq of [...this.early.keys()].filter((early) => early <= limit).sort((a, b) => a - b)) {
      this.stepTo(seq - 1, skipped);
      entries.push(...this.drain());
    }
    this.stepTo(limit, skipped);
    entries.push(...this.drain());
    this.trim();
    return { entries, skipped };
  }

  /** Moves the head over positions that hold nothing for this reader. */
  private stepTo(seq: number, skipped: Skipped[]): void {
    if (seq <= this.applied) return;
    skipped.push({ from: this.applied + 1, to: seq });
    this.applied = seq;
    this.sighted(seq);
  }

  private drain(): Item[] {
    const ready: Item[] = [];
    for (let next = this.early.get(this.applied + 1); next; next = this.early.get(this.applied + 1)) {
      this.early.delete(next.seq);
      this.applied = next.seq;
      ready.push(next);
    }
    return ready;
  }

  private keep(item: Item): void {
    this.early.set(item.seq, item);
    this.trim();
  }

  private trim(): void {
    while (this.early.size > this.maxBuffered) this.early.delete(Math.max(...this.early.keys()));
  }
}
