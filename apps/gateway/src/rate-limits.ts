import { AppError } from '@relais/kernel';
import { LocalBuckets, type TokenBuckets } from '@relais/redis';
import { type LimitName, LIMIT_TABLE, limitOf } from './limits.js';
import { limitReached } from './metrics.js';

/** The table of limits under RATE_LIMIT_FACTOR. */
export const limitsUnder = (factor: number): Record<LimitName, ReturnType<typeof limitOf>> =>
  Object.fromEntries((Object.keys(LIMIT_TABLE) as LimitName[]).map((name) => [name, limitOf(name, factor)])) as Record<
    LimitName,
    ReturnType<typeof limitOf>
  >;

/** Applies the table of limits: shared buckets for what is rare and expensive, this replica's own for every message. */
export class RateLimits {
  private readonly own: TokenBuckets<LimitName>;

  constructor(
    factor: number,
    private readonly shared: TokenBuckets<LimitName> = new LocalBuckets(limitsUnder(factor)),
  ) {
    this.own = new LocalBuckets(limitsUnder(factor));
  }

  /** Counts among all replicas. @throws AppError `rate_limited` with the time to wait */
  async take(name: LimitName, key: string): Promise<void> {
    await takeFrom(this.shared, name, key);
  }

  /** Counts on this replica only: no message waits for Redis. @throws AppError `rate_limited` with the time to wait */
  async takeHere(name: LimitName, key: string): Promise<void> {
    await takeFrom(this.own, name, key);
  }
}

async function takeFrom(buckets: TokenBuckets<LimitName>, name: LimitName, key: string): Promise<void> {
  const { allowed, retryAfterMs } = await buckets.take(name, key);
  if (allowed) return;
  limitReached(name);
  throw new AppError('rate_limited', 'rate_limited', name, { retryAfterMs });
}
