import { secondsToNext } from './schedule.js';

const at = (text: string): number => Date.parse(text);

describe('the schedule of drills', () => {
  it('is kept in its time zone, also when the clocks change', () => {
    const when = { cron: '0 10 * * *', timeZone: 'Europe/Berlin' };

    expect(secondsToNext(when, at('2026-03-28T08:00:00Z'))).toBe(3_600);
    expect(secondsToNext(when, at('2026-03-29T07:00:00Z'))).toBe(3_600);
  });

  it.each([
    ['* * * * * *', 'UTC'],
    ['0 25 * * *', 'UTC'],
    ['now', 'UTC'],
    ['0 10 * * *', 'Mars/Base'],
  ])('%j in %s is refused', (cron, timeZone) => {
    expect(() => secondsToNext({ cron, timeZone }, 0)).toThrow(expect.objectContaining({ code: 'bad_schedule' }));
  });

  it('of a day that never comes is none', () => {
    expect(secondsToNext({ cron: '0 0 31 2 *', timeZone: 'UTC' }, at('2026-01-01T00:00:00Z'))).toBeNull();
  });
});
