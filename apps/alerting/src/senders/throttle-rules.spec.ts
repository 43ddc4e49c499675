import type { Severity } from '@relais/contracts';
import { roomOf, share } from './throttle-rules.js';

const many = (count: number, severity: Severity = 'alarm') =>
  Array.from({ length: count }, (_, at) => ({ id: `${severity} ${at}`, severity }));
const room = (free: number) => ({ free, waitSeconds: 1, isQuiet: false });
const sizes = ({ sent, bundled, delayed }: ReturnType<typeof share>) => [sent.length, bundled.length, delayed.length];

describe('a phone', () => {
  it.each([
    ['has room for three calls when it was left alone', 'voice', [], { free: 3, waitSeconds: 0, isQuiet: true }],
    [
      'has room again when the oldest of three calls is fifteen minutes old',
      'voice',
      [10, 20, 800],
      { free: 0, waitSeconds: 100, isQuiet: false },
    ],
    ['takes five messages in fifteen minutes', 'sms', [1, 2, 3, 4], { free: 1, waitSeconds: 0, isQuiet: false }],
    [
      'takes seven calls an hour',
      'voice',
      [1_000, 1_100, 1_200, 1_300, 1_400, 1_500, 3_000],
      { free: 0, waitSeconds: 600, isQuiet: true },
    ],
    [
      'that had more than it may waits until enough of it is over',
      'voice',
      [1, 2, 3, 4],
      { free: 0, waitSeconds: 897, isQuiet: false },
    ],
  ] as const)('%s', (_, path, ages, expected) => expect(roomOf(path, ages)).toEqual(expected));

  it('is told all that fits, each by itself', () => expect(sizes(share(many(3), room(3)))).toEqual([3, 0, 0]));
  it('is told of the rest with the last that fits', () => expect(sizes(share(many(10), room(3)))).toEqual([3, 7, 0]));
  it('is told nothing when nothing fits, and nothing is lost', () =>
    expect(sizes(share(many(4), room(0)))).toEqual([0, 0, 4]));

  it('is told of every emergency at once, and of the most important first', () => {
    const shared = share([...many(2, 'notice'), ...many(2), ...many(4, 'emergency')], room(1));

    expect(shared.sent.map(({ id }) => id)).toEqual([
      'emergency 0',
      'emergency 1',
      'emergency 2',
      'emergency 3',
      'alarm 0',
    ]);
    expect(shared.bundled.map(({ id }) => id)).toEqual(['alarm 1', 'notice 0', 'notice 1']);
    expect(sizes(share([...many(1), ...many(2, 'emergency')], room(0)))).toEqual([2, 0, 1]);
  });
});
