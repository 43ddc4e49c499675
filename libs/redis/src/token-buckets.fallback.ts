import { counter, type Log } from '@relais/observability';
import { LocalBuckets } from './token-buckets.local.js';
import { assertCost, type BucketLimit, type BucketLimits, type Taken, TokenBuckets } from './token-buckets.js';

const decisions = counter('relais_limit_decisions_total', 'Token bucket decisions, by who made them', [
  'by',
  'allowed',
]);

const SLOW_AFTER_MS = 250;
const PAUSE_AFTER_FAILURE_MS = 1_000;

export interface FallbackOptions<Name extends string> {
  /** The buckets all replicas share; undefined when there is no Redis at all. */
  shared: TokenBuckets<Name> | undefined;
  limits: BucketLimits<Name>;
  /** Among how many the limits are divided while each limits alone. At least 1. */
  expectedReplicas: number;
  log: Log;
  nowMs?: () => number;
}

/**
 * The shared buckets while they answer within 250 ms; otherwise this replica's own with its share of the limits. Never
 * without a limit. After a failure nobody waits for Redis for 1 s, then one request tries it while the others go on locally.
 */
export class FallbackBuckets<Name extends string = string> extends TokenBuckets<Name> {
  private readonly shared: TokenBuckets<Name> | undefined;
  private readonly local: LocalBuckets<Name>;
  private readonly log: Log;
  private readonly nowMs: () => number;
  private isLost = false;
  private retryAtMs = 0;

  constructor({ shared, limits, expectedReplicas, log, nowMs = () => performance.now() }: FallbackOptions<Name>) {
    super();
    this.shared = shared;
    this.log = log;
    this.nowMs = nowMs;
    this.local = new LocalBuckets(shareOf(limits, expectedReplicas), nowMs);
  }

  async take(bucket: Name, key: string, cost = 1): Promise<Taken> {
    assertCost(cost);
    const shared = this.sharedIfDue();
    const taken = shared && (await this.tryShared(shared, bucket, key, cost));
    if (taken) return counted('redis', taken);
    return counted('replica', await this.local.take(bucket, key, cost));
  }

  /** While Redis is lost only the caller that finds the pause over tries it; it moves the end of the pause for the rest. */
  private sharedIfDue(): TokenBuckets<Name> | undefined {
    if (!this.isLost) return this.shared;
    if (this.nowMs() < this.retryAtMs) return undefined;
    this.retryAtMs = this.nowMs() + PAUSE_AFTER_FAILURE_MS;
    return this.shared;
  }

  private async tryShared(
    shared: TokenBuckets<Name>,
    bucket: Name,
    key: string,
    cost: number,
  ): Promise<Taken | undefined> {
    try {
      const taken = await within(SLOW_AFTER_MS, shared.take(bucket, key, cost));
      if (this.isLost) this.log.info({ event: 'limits.shared_again' });
      this.isLost = false;
      return taken;
    } catch (error) {
      if (!this.isLost) this.log.warn({ event: 'limits.local', error });
      this.isLost = true;
      this.retryAtMs = this.nowMs() + PAUSE_AFTER_FAILURE_MS;
      return undefined;
    }
  }
}

function shareOf<Name extends string>(limits: BucketLimits<Name>, replicas: number): BucketLimits<Name> {
  if (!(replicas >= 1)) throw new RangeError('expectedReplicas must be at least 1');
  const share = ({ capacity, refillPerSecond }: BucketLimit): BucketLimit => ({
    // At least 1, or a small limit divided by many replicas would refuse everything.
    capacity: Math.max(Math.min(1, capacity), capacity / replicas),
    refillPerSecond: refillPerSecond / replicas,
  });
  const shares = Object.entries<BucketLimit>(limits).map(([name, limit]) => [name, share(limit)] as const);
  return Object.fromEntries(shares) as Record<Name, BucketLimit>;
}

async function within<Result>(timeoutMs: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function counted(by: 'redis' | 'replica', taken: Taken): Taken {
  decisions.inc({ by, allowed: String(taken.allowed) });
  return taken;
}
