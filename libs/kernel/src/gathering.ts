/**
 * Work that costs about the same for many as for one: what comes while some is under way, and for a while after it, goes into the
 * next; what comes alone is worked on at once.
 */
export class Gathering<Item> {
  private next: { items: Item[]; worked: Promise<void> } | undefined;
  private rested: Promise<void> = Promise.resolve();

  constructor(
    private readonly work: (items: Item[]) => Promise<void>,
    /** From the end of one piece of work until the next may begin, ms. */
    private readonly restMs: number,
  ) {}

  /** Resolves when the work that took these has ended, and rejects as it did. */
  add(items: readonly Item[]): Promise<void> {
    this.next ??= this.open();
    this.next.items.push(...items);
    return this.next.worked;
  }

  /** Resolves when everything added so far has been worked on, however that ended. */
  async settled(): Promise<void> {
    await (this.next?.worked.catch(() => undefined) ?? this.rested);
  }

  private open(): { items: Item[]; worked: Promise<void> } {
    const items: Item[] = [];
    const worked = this.rested.then(() => {
      this.next = undefined;
      return this.work(items);
    });
    this.rested = worked.catch(() => undefined).then(() => new Promise((resolve) => setTimeout(resolve, this.restMs)));
    return { items, worked };
  }
}
