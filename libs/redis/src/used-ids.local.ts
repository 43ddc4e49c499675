import { UsedIds } from './used-ids.js';

const MAX_IDS = 200_000;
const SWEEP_EVERY_MS = 10_000;

/**
 * Ids of this process alone. Holds at most `maxIds`. When those are all still to be remembered there is no room for more:
 * forgetting one would let it be used again.
 */
export class LocalUsedIds extends UsedIds {
  private readonly forgottenAtMs = new Map<string, number>();
  private sweptAtMs = Number.NEGATIVE_INFINITY;

  /** `nowMs` is a clock that never goes back. */
  constructor(
    private readonly nowMs: () => number = () => performance.now(),
    private readonly maxIds: number = MAX_IDS,
  ) {
    super();
  }

  get size(): number {
    return this.forgottenAtMs.size;
  }

  async use(id: string, forMs: number): Promise<boolean> {
    return this.remember(id, forMs) === 'first';
  }

  /** Like `use`, and tells an id that was used from one there is no room for. */
  remember(id: string, forMs: number): 'first' | 'again' | 'full' {
    const now = this.nowMs();
    if (now - this.sweptAtMs > SWEEP_EVERY_MS) this.sweep(now);
    if ((this.forgottenAtMs.get(id) ?? 0) > now) return 'again';
    if (this.size >= this.maxIds) return 'full';
    this.forgottenAtMs.set(id, now + forMs);
    return 'first';
  }

  private sweep(now: number): void {
    this.sweptAtMs = now;
    for (const [id, atMs] of this.forgottenAtMs) if (atMs <= now) this.forgottenAtMs.delete(id);
  }
}
