import { backoffMs } from './backoff.js';

const at = (share: number) => ({ baseMs: 1_000, capMs: 60_000, random: () => share });

describe('full jitter', () => {
  it('doubles the range with each attempt, up to the cap', () => {
    expect([0, 1, 2, 10, 1_000].map((attempt) => backoffMs(at(0.5), attempt))).toEqual([
      500, 1_000, 2_000, 30_000, 30_000,
    ]);
  });

  it('may come back at once, but never before the server asked', () => {
    expect(backoffMs(at(0), 3)).toBe(0);
    expect(backoffMs(at(0), 3, 2_000)).toBe(2_000);
  });

  it('is not sent away for longer than ten minutes, whatever the server says', () => {
    expect(backoffMs(at(0), 0, 1e12)).toBe(600_000);
    expect(backoffMs(at(0), 0, -5)).toBe(0);
  });
});
