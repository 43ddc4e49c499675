import { createHash } from 'node:crypto';
import { clipped, idFrom, isWorse, worstOf } from './incident.js';

describe('an incident', () => {
  it('says no more bytes than fit, in whole characters', () => {
    expect(clipped('short', 10)).toBe('short');
    for (let bytes = 4; bytes < 40; bytes++) {
      const cut = clipped('€'.repeat(100), bytes);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes);
      expect(cut).toMatch(/^€*…$/);
    }
  });

  it('has an id of the form of ours, the same for the same', () => {
    const ids = Array.from({ length: 100 }, (_, n) => idFrom(createHash('sha256').update(String(n)).digest()));

    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(100);
    expect(idFrom(createHash('sha256').update('0').digest())).toBe(ids[0]);
  });

  it('is as bad as the worst of it', () => {
    expect(worstOf(['notice', 'emergency', 'alarm'])).toBe('emergency');
    expect(worstOf([])).toBeUndefined();
    expect([isWorse('alarm', 'notice'), isWorse('alarm', 'alarm')]).toEqual([true, false]);
  });
});
