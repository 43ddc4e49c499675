export interface BucketSize {
  /** Tokens of a full bucket: the burst. */
  readonly capacity: number;
  readonly refillPerSecond: number;
}

/** One token bucket. Time is passed in, in milliseconds of any steady clock. */
export class TokenBucket {
  private tokens: number;

  constructor(
    private readonly size: BucketSize,
    private at = performance.now(),
  ) {
    this.tokens = size.capacity;
  }

  /** Takes a token. @returns 0, or how many milliseconds to wait for one */
  take(now = performance.now()): number {
    const { capacity, refillPerSecond } = this.size;
    this.tokens = Math.min(capacity, this.tokens + (Math.max(0, now - this.at) / 1_000) * refillPerSecond);
    this.at = now;
    if (this.tokens < 1) return Math.ceil(((1 - this.tokens) / refillPerSecond) * 1_000);
    this.tokens -= 1;
    return 0;
  }

  /** Whether it would be full by now: a full bucket need not be remembered. */
  isFull(now = performance.now()): boolean {
    const { capacity, refillPerSecond } = this.size;
    return this.tokens + ((now - this.at) / 1_000) * refillPerSecond >= capacity;
  }
}
