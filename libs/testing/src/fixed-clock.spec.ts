import { FixedClock } from './fixed-clock.js';

describe('a fixed clock', () => {
  it('stands still until it is advanced', () => {
    const clock = new FixedClock(new Date('2026-11-23T12:00:00Z'));

    clock.advance(1_500);

    expect(clock.now()).toEqual(new Date('2026-11-23T12:00:01.500Z'));
    expect(clock.now()).toEqual(clock.now());
  });

  it('is not moved through a date it gave away', () => {
    const clock = new FixedClock();
    const before = clock.now();

    clock.now().setFullYear(1999);

    expect(clock.now()).toEqual(before);
  });
});
