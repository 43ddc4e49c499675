import { measured } from './measured.js';

const NOON = new Date('2026-11-28T12:00:00.000Z');
const readAt = (minutesAgo: number) => new Date(NOON.getTime() - minutesAgo * 60_000).toISOString();

describe('what is measured of an organization', () => {
  it.each([
    ['nothing was measured before', undefined, readAt(0)],
    ['it is the same as some minutes ago', { active: 3, max: 5, readAt: readAt(4) }, readAt(4)],
    ['it is the same as long ago', { active: 3, max: 5, readAt: readAt(6) }, readAt(0)],
    ['there were fewer people', { active: 2, max: 5, readAt: readAt(1) }, readAt(0)],
    ['there was no limit', { active: 3, readAt: readAt(1) }, readAt(0)],
  ])('has the time that it was read at, where %s', (_, before, expected) => {
    expect(measured({ people: 3, maxPeople: 5 }, before, NOON)).toEqual({ active: 3, max: 5, readAt: expected });
  });
});
