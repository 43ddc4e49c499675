/** How much may be taken: `capacity` at once, `refillPerSecond` in the long run. Both above 0. */
export interface BucketLimit {
  capacity: number;
  refillPerSecond: number;
}

export type BucketLimits<Name extends string = string> = Readonly<Record<Name, BucketLimit>>;

export interface Taken {
  allowed: boolean;
  /** When the same request would be allowed if nobody else takes anything; 0 when it was. Whole milliseconds, rounded up. */
  retryAfterMs: number;
}

/**
 * Token buckets by name and key (an account, an address). A bucket starts full. What was refused takes nothing.
 *
 * A cost above the capacity counts as the whole capacity, so it is slowed down, not shut out for ever.
 */
export abstract class TokenBuckets<Name extends string = string> {
  /** `cost` is above 0; the default is 1. */
  abstract take(bucket: Name, key: string, cost?: number): Promise<Taken>;
}

/** A cost that is not a number above 0 is a bug of the caller, and would fill the bucket instead of emptying it. */
export function assertCost(cost: number): void {
  if (!(cost > 0 && Number.isFinite(cost))) throw new RangeError('a cost must be above 0');
}

export function assertLimits(limits: BucketLimits): void {
  for (const [name, { capacity, refillPerSecond }] of Object.entries(limits)) {
    const isRight =
      capacity > 0 && refillPerSecond > 0 && Number.isFinite(capacity) && Number.isFinite(refillPerSecond);
    if (!isRight) throw new RangeError(`limit "${name}": capacity and refillPerSecond must be above 0`);
  }
}
