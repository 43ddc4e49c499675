import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { assertCost, assertLimits, type BucketLimits, type Taken, TokenBuckets } from './token-buckets.js';

/**
 * One bucket, at once. The time is the server's, so that replicas with different clocks agree; it may go back after a
 * failover, which refills nothing. A bucket expires when it would be full again.
 */
const TAKE = `
local capacity, refill, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local level = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(level[1]) or capacity
local elapsed = math.max(0, now - (tonumber(level[2]) or now))
tokens = math.min(capacity, tokens + elapsed * refill / 1000)
local missing = math.min(cost, capacity) - tokens
if missing <= 0 then tokens = -missing end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - tokens) / refill * 1000) + 1000)
if missing <= 0 then return 0 end
return math.ceil(missing / refill * 1000)
`;

type TakingRedis = Redis & {
  takeTokens(key: string, capacity: number, refillPerSecond: number, cost: number): Promise<number>;
};

/** Buckets that all replicas share. Fails as its client fails: soon, and without having decided. */
export class RedisBuckets<Name extends string = string> extends TokenBuckets<Name> {
  private readonly redis: TakingRedis;

  constructor(
    redis: Redis,
    private readonly limits: BucketLimits<Name>,
  ) {
    super();
    assertLimits(limits);
    redis.defineCommand('takeTokens', { numberOfKeys: 1, lua: TAKE });
    this.redis = redis as TakingRedis;
  }

  async take(bucket: Name, key: string, cost = 1): Promise<Taken> {
    assertCost(cost);
    const { capacity, refillPerSecond } = this.limits[bucket];
    const retryAfterMs = await this.redis.takeTokens(keyOf(bucket, key), capacity, refillPerSecond, cost);
    return { allowed: retryAfterMs === 0, retryAfterMs };
  }
}

/** Keys are of one length, whatever a client sends, and show neither address nor account. */
const keyOf = (bucket: string, key: string): string =>
  `rl:${bucket}:${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
