import { type LimitName, LIMIT_TABLE, limitOf } from './limits.js';
import { RateLimits } from './rate-limits.js';

const names = Object.keys(LIMIT_TABLE) as LimitName[];

describe('the table of limits', () => {
  it.each(names)('lets the burst of %s through and not one more', async (name) => {
    const limits = new RateLimits(1);
    const { capacity } = LIMIT_TABLE[name];

    for (let i = 0; i < capacity; i++) await limits.takeHere(name, 'somebody');
    const refused = Array.from({ length: Math.ceil(capacity / 10) }, () => limits.takeHere(name, 'somebody'));

    await expect(Promise.all(refused)).rejects.toMatchObject({ kind: 'rate_limited', code: 'rate_limited' });
    await expect(limits.takeHere(name, 'somebody else')).resolves.toBeUndefined();
  });

  it('grows with its factor and never shrinks to nothing', () => {
    for (const name of names) {
      expect(limitOf(name, 10).refillPerSecond).toBeCloseTo(10 * LIMIT_TABLE[name].refillPerSecond);
      expect(limitOf(name, 0.1).capacity).toBeGreaterThanOrEqual(1);
    }
  });
});
