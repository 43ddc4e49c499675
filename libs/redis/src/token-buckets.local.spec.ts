import { LIMITS, tokenBucketsContract } from './token-buckets.contract.js';
import { LocalBuckets } from './token-buckets.local.js';

describe('LocalBuckets', () => {
  tokenBucketsContract(async () => {
    let nowMs = 0;
    return {
      buckets: new LocalBuckets(LIMITS, () => nowMs),
      wait: async (durationMs) => void (nowMs += durationMs),
    };
  });

  it('holds a bounded number of buckets and lets go of the one not asked for the longest', async () => {
    const buckets = new LocalBuckets(LIMITS, () => 0, 2);
    for (const key of ['a', 'b', 'a', 'c']) await buckets.take('slow', key, 5);

    expect(buckets.size).toBe(2);
    expect((await buckets.take('slow', 'a')).allowed).toBe(false);
    expect((await buckets.take('slow', 'b')).allowed).toBe(true);
  });

  it.each([
    { capacity: 0, refillPerSecond: 1 },
    { capacity: 1, refillPerSecond: 0 },
  ])('refuses a limit that never allows anything: %o', (limit) => {
    expect(() => new LocalBuckets({ broken: limit })).toThrow('limit "broken"');
  });
});
