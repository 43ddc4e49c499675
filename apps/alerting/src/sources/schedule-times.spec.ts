import { isTimeZone, occurrenceAfter } from './schedule-times.js';

/** The next times after this one, in order. */
function times(cron: string, timeZone: string, after: string, count: number): string[] {
  const found: string[] = [];
  let at = new Date(after);
  while (found.length < count) {
    const next = occurrenceAfter({ cron, timeZone, at: undefined }, at);
    if (!next) break;
    found.push(next.toISOString());
    at = next;
  }
  return found;
}

describe('the times of a schedule', () => {
  it('keep the hour on the wall when clocks change', () => {
    expect(times('0 12 * * SAT#1', 'Europe/Berlin', '2026-03-01T00:00:00Z', 3)).toEqual([
      '2026-03-07T11:00:00.000Z',
      '2026-04-04T10:00:00.000Z',
      '2026-05-02T10:00:00.000Z',
    ]);
  });

  it('come once on the day that has the hour twice', () => {
    expect(times('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  it('come on the day that does not have the hour, too', () => {
    const [first, second] = times('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2);

    expect(first).toMatch(/^2026-03-29T01:/);
    expect(second).toBe('2026-03-30T00:30:00.000Z');
  });

  it('are in the time zone that was said', () => {
    expect(times('0 0 1 1 *', 'Asia/Kolkata', '2026-06-01T00:00:00Z', 1)).toEqual(['2026-12-31T18:30:00.000Z']);
    expect([isTimeZone('Asia/Kolkata'), isTimeZone('Nowhere/At all'), isTimeZone('')]).toEqual([true, false, false]);
  });

  it('end with the one that was said, and never come where there are none', () => {
    const at = '2026-06-01T12:00:00Z';
    const once = { at, cron: undefined, timeZone: 'UTC' };

    expect(occurrenceAfter(once, new Date('2026-06-01T11:59:59Z'))).toEqual(new Date(at));
    expect(occurrenceAfter(once, new Date(at))).toBeNull();
    expect(times('0 0 30 2 *', 'UTC', at, 1)).toEqual([]);
    expect(times('every now and then', 'UTC', at, 1)).toEqual([]);
  });
});
