import { jest } from '@jest/globals';
import { metrics } from './metrics.js';
import { ReferenceClock } from './reference-clock.js';

const HOUR_MS = 3_600_000;

describe('a clock that goes by somebody else', () => {
  const wall = Date.now.bind(Date);
  let aheadMs = 0;
  let clock: ReferenceClock;

  beforeEach(() => {
    aheadMs = 0;
    jest.spyOn(Date, 'now').mockImplementation(() => wall() + aheadMs);
    clock = new ReferenceClock();
  });
  afterEach(() => jest.restoreAllMocks());

  const offMs = (): number => Math.abs(clock.now().getTime() - wall());
  const problem = async (): Promise<string> => {
    try {
      await clock.readiness.check();
      return 'ready';
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('is that of the machine until somebody was asked', () => {
    aheadMs = HOUR_MS;

    expect(Math.abs(offMs() - HOUR_MS)).toBeLessThan(1_000);
  });

  it.each([
    [5 * 60_000, '300.0 s ahead of the database'],
    [-HOUR_MS, '3600.0 s behind the database'],
    [4_000, 'ready'],
  ])('is right where the machine is %d ms wrong, and whether that is too much: %s (F-26)', async (wrongMs, says) => {
    aheadMs = wrongMs;
    clock.note(wall(), performance.now());

    expect(offMs()).toBeLessThan(1_000);
    expect(await problem()).toBe(says);
    const told = await metrics.getSingleMetricAsString('relais_clock_skew_seconds');
    expect(Math.abs(Number(told.split(' ').at(-1)) - wrongMs / 1_000)).toBeLessThan(1);
  });

  it('does not jump when the machine does, and says so at once (F-26)', async () => {
    clock.note(wall(), performance.now());
    const before = await problem();
    aheadMs = -HOUR_MS;

    expect([before, await problem()]).toEqual(['ready', '3600.0 s behind the database']);
    expect(offMs()).toBeLessThan(1_000);
  });

  it('does not believe an answer that took long, or none', () => {
    clock.note(wall() + HOUR_MS, performance.now() - 3_000);
    clock.note(Number.NaN, performance.now());

    expect(offMs()).toBeLessThan(1_000);
  });
});
