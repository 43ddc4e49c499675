import { clipped, isWorse, worstOf } from './incident.js';

describe('an incident', () => {
  it('says no more bytes than fit, in whole characters', () => {
    expect(clipped('short', 10)).toBe('short');
    for (let bytes = 4; bytes < 40; bytes++) {
      const cut = clipped('€'.repeat(100), bytes);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes);
      expect(cut).toMatch(/^€*…$/);
    }
  });

  it('is as bad as the worst of it', () => {
    expect(worstOf(['notice', 'emergency', 'alarm'])).toBe('emergency');
    expect(worstOf([])).toBeUndefined();
    expect([isWorse('alarm', 'notice'), isWorse('alarm', 'alarm')]).toEqual([true, false]);
  });
});
