/**
 * Loads things by name in batches, each thing once at a time: whoever asks for something that is already being loaded waits
 * for the same answer. Failures reach everyone who waits and are not remembered.
 */
export class Flights<Item, Result> {
  private readonly pending = new Map<string, Promise<Result>>();

  constructor(
    private readonly nameOf: (item: Item) => string,
    private readonly load: (items: Item[]) => Promise<(name: string) => Result>,
  ) {}

  /** In the order of `items`, with at most one call of `load`. */
  get(items: readonly Item[]): Promise<Result[]> {
    const missing = new Map<string, Item>();
    for (const item of items) {
      const name = this.nameOf(item);
      if (!this.pending.has(name)) missing.set(name, item);
    }
    if (missing.size > 0) this.start(missing);
    return Promise.all(items.map((item) => this.pending.get(this.nameOf(item)) as Promise<Result>));
  }

  private start(missing: ReadonlyMap<string, Item>): void {
    const batch = this.load([...missing.values()]);
    for (const name of missing.keys()) {
      const one = batch.then((resultOf) => resultOf(name));
      const forget = () => void this.pending.delete(name);
      this.pending.set(name, one);
      one.then(forget, forget);
    }
  }
}
