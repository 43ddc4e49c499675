import { counter, type Log } from '@relais/observability';
import { LocalBuckets } from './token-buckets.local.js';
import { assertCost, type BucketLimit, type BucketLimits, type Taken, TokenBuckets } from './token-buckets.js';
import { WhileShared } from './while-shared.js';

const decisions = counter('relais_limit_decisions_total', 'Token bucket decisions, by who made them', [
  'by',
  'allowed',
]);

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
  private readonly whileShared: WhileShared;

  constructor({ shared, limits, expectedReplicas, log, nowMs = () => performance.now() }: FallbackOptions<Name>) {
    super();
    this.shared = shared;
    this.whileShared = new WhileShared({ log, name: 'limits', nowMs });
    this.local = new LocalBuckets(shareOf(limits, expectedReplicas), nowMs);
  }

  async take(bucket: Name, key: string, cost = 1): Promise<Taken> {
    assertCost(cost);
    const { shared } = this;
    const taken = shared && (await this.whileShared.ask(() => shared.take(bucket, key, cost)));
    if (taken) return counted('redis', taken);
    return counted('replica', await this.local.take(bucket, key, cost));
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

function counted(by: 'redis' | 'replica', taken: Taken): Taken {
  decisions.inc({ by, allowed: String(taken.allowed) });
  return taken;
}
