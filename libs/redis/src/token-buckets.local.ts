import { assertCost, assertLimits, type BucketLimits, type Taken, TokenBuckets } from './token-buckets.js';

interface Level {
  tokens: number;
  atMs: number;
}

const MAX_BUCKETS = 100_000;

/**
 * Buckets of this process alone. Holds at most `maxBuckets`; the one not asked for the longest makes room and would be full
 * again, so whoever can use more keys than that can get around a limit.
 */
export class LocalBuckets<Name extends string = string> extends TokenBuckets<Name> {
  private readonly levels = new Map<string, Level>();

  /** `nowMs` is a clock that never goes back. */
  constructor(
    private readonly limits: BucketLimits<Name>,
    private readonly nowMs: () => number = () => performance.now(),
    private readonly maxBuckets: number = MAX_BUCKETS,
  ) {
    super();
    assertLimits(limits);
  }

  get size(): number {
    return this.levels.size;
  }

  async take(bucket: Name, key: string, cost = 1): Promise<Taken> {
    assertCost(cost);
    const { capacity, refillPerSecond } = this.limits[bucket];
    const now = this.nowMs();
    const name = `${bucket}:${key}`;
    const level = this.levels.get(name) ?? { tokens: capacity, atMs: now };
    const tokens = Math.min(capacity, level.tokens + ((now - level.atMs) * refillPerSecond) / 1_000);
    const missing = Math.min(cost, capacity) - tokens;
    const allowed = missing <= 0;
    this.keep(name, { tokens: allowed ? -missing : tokens, atMs: now });
    return { allowed, retryAfterMs: allowed ? 0 : Math.ceil((missing / refillPerSecond) * 1_000) };
  }

  private keep(name: string, level: Level): void {
    this.levels.delete(name);
    this.levels.set(name, level);
    if (this.levels.size <= this.maxBuckets) return;
    const oldest = this.levels.keys().next();
    if (!oldest.done) this.levels.delete(oldest.value);
  }
}
