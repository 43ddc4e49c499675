const FIRST_MS = 2_000;
const LONGEST_MS = 60_000;

/** When what failed is tried again: later each time, and at once when it was changed. */
export class Backoff {
  private readonly waiting = new Map<string, { generation: number | undefined; failures: number; untilMs: number }>();

  /** Whether it is time for this one. */
  isDue(key: string, generation: number | undefined): boolean {
    const found = this.waiting.get(key);
    return !found || found.generation !== generation || performance.now() >= found.untilMs;
  }

  succeeded(key: string): void {
    this.waiting.delete(key);
  }

  failed(key: string, generation: number | undefined, { isFinal }: { isFinal: boolean }): void {
    const before = this.waiting.get(key);
    const failures = before?.generation === generation ? before!.failures + 1 : 1;
    const waitMs = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS) * (0.75 + Math.random() / 2);
    this.waiting.set(key, { generation, failures, untilMs: isFinal ? Infinity : performance.now() + waitMs });
  }

  /** Until the next one is due; Infinity where none waits. */
  get nextMs(): number {
    return Math.min(...[...this.waiting.values()].map(({ untilMs }) => untilMs)) - performance.now();
  }

  /** Forgets all but these. */
  keep(keys: ReadonlySet<string>): void {
    for (const key of this.waiting.keys()) if (!keys.has(key)) this.waiting.delete(key);
  }
}
