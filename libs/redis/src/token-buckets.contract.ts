import { newId } from '@relais/kernel';
import type { BucketLimits, TokenBuckets } from './token-buckets.js';

/** A limit that refills so slowly that a test sees none of it, and one that refills within a test. */
export const LIMITS = {
  slow: { capacity: 5, refillPerSecond: 0.001 },
  fast: { capacity: 2, refillPerSecond: 20 },
} as const satisfies BucketLimits;
export type LimitName = keyof typeof LIMITS;

/** What every TokenBuckets promises. Each implementation runs this same suite; `wait` lets its clock pass. */
export function tokenBucketsContract(
  open: () => Promise<{ buckets: TokenBuckets<LimitName>; wait(durationMs: number): Promise<void> }>,
): void {
  it('allows the capacity at once, however many ask at the same time, and says when to come back', async () => {
    const { buckets } = await open();
    const key = newId<string>();

    const taken = await Promise.all(Array.from({ length: 20 }, () => buckets.take('slow', key)));

    expect(taken.filter(({ allowed }) => allowed)).toEqual(Array(5).fill({ allowed: true, retryAfterMs: 0 }));
    for (const { allowed, retryAfterMs } of taken) {
      if (!allowed) expect(retryAfterMs).toBeGreaterThan(900_000);
      expect(retryAfterMs).toBeLessThanOrEqual(1_000_000);
      expect(Number.isInteger(retryAfterMs)).toBe(true);
    }
  });

  it('keeps buckets and keys apart', async () => {
    const { buckets } = await open();
    const key = newId<string>();
    await buckets.take('slow', key, 5);

    expect((await buckets.take('slow', key)).allowed).toBe(false);
    expect((await buckets.take('slow', newId())).allowed).toBe(true);
    expect((await buckets.take('fast', key)).allowed).toBe(true);
  });

  it('takes nothing for what it refuses', async () => {
    const { buckets } = await open();
    const key = newId<string>();
    await buckets.take('slow', key, 3);

    expect((await buckets.take('slow', key, 3)).allowed).toBe(false);
    expect((await buckets.take('slow', key, 2)).allowed).toBe(true);
  });

  it('refills up to the capacity, and allows again after the time it said', async () => {
    const { buckets, wait } = await open();
    const key = newId<string>();
    await buckets.take('fast', key, 2);
    const refused = await buckets.take('fast', key, 2);
    await wait(refused.retryAfterMs + 1);
    expect((await buckets.take('fast', key, 2)).allowed).toBe(true);

    await wait(500);

    expect((await buckets.take('fast', key, 2)).allowed).toBe(true);
    expect((await buckets.take('slow', key, 5)).allowed).toBe(true);
  });

  it('counts a cost above the capacity as the whole of it', async () => {
    const { buckets } = await open();
    const key = newId<string>();

    expect((await buckets.take('slow', key, 50)).allowed).toBe(true);
    expect((await buckets.take('slow', key)).allowed).toBe(false);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the cost %d as a bug', async (cost) => {
    const { buckets } = await open();

    await expect(buckets.take('slow', newId(), cost)).rejects.toThrow(RangeError);
  });
}
