import fc from 'fast-check';
import { TokenBucket } from './token-bucket.js';

describe('a token bucket', () => {
  it('never gives more than its burst and what has flowed in since', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.nat({ max: 500 })),
        (capacity, refillPerSecond, pauses) => {
          const bucket = new TokenBucket({ capacity, refillPerSecond }, 0);
          let now = 0;
          let taken = 0;
          for (const pauseMs of pauses) {
            now += pauseMs;
            if (bucket.take(now) === 0) taken++;
            expect(taken).toBeLessThanOrEqual(capacity + (now / 1_000) * refillPerSecond + 1e-6);
          }
        },
      ),
    );
  });

  it('says how long to wait, and keeps its word', () => {
    const bucket = new TokenBucket({ capacity: 1, refillPerSecond: 4 }, 0);
    bucket.take(0);

    const waitMs = bucket.take(0);

    expect(waitMs).toBe(250);
    expect(bucket.take(waitMs)).toBe(0);
  });

  it('does not run backwards with a clock that does', () => {
    const bucket = new TokenBucket({ capacity: 1, refillPerSecond: 1 }, 1_000);
    bucket.take(1_000);

    expect(bucket.take(0)).toBeGreaterThan(0);
  });
});
