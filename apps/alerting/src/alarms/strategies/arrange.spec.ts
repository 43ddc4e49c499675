import { newId, type UserId } from '@relais/kernel';
import type { PlannedStep } from '../plan-steps.js';
import { levelsAtOnce, merge } from './arrange.js';

const [ANNA, BEN, CARL] = [newId<UserId>(), newId<UserId>(), newId<UserId>()] as const;
const step = (userIds: UserId[], rules: object = {}): PlannedStep => ({
  userIds,
  rules: {
    ...{ waitSeconds: 60, needsEveryone: false, rosterIds: [], nextOf: [] },
    ladder: { rules: 'default', ways: [], first: [], overrides: false, directory: [] },
    ...rules,
  },
});
const atLeast = (needed: number) => (levels: readonly PlannedStep[]) =>
  new Set(levels.flatMap(({ userIds }) => userIds)).size >= needed;

describe('the levels of an alarm', () => {
  const steps = [step([ANNA]), step([ANNA, BEN], { waitSeconds: 300, rosterIds: ['night'] }), step([CARL])];

  it('are told one after the other by best effort and strictly, and all at once when it is full', () => {
    expect(levelsAtOnce('best_effort', steps, atLeast(3))).toBe(1);
    expect(levelsAtOnce('strict', steps, atLeast(3))).toBe(1);
    expect(levelsAtOnce('full', steps, atLeast(1))).toBe(3);
  });

  it('begin where there are enough people together, and with all where there never are', () => {
    expect([1, 2, 3, 4].map((needed) => levelsAtOnce('escalating', steps, atLeast(needed)))).toEqual([1, 2, 3, 3]);
  });

  it('become one that tells each person once and waits as long as the longest of them', () => {
    const [merged, last, ...more] = merge(steps, 2);

    expect(merged?.userIds).toEqual([ANNA, BEN]);
    expect(merged?.rules).toMatchObject({ waitSeconds: 300, rosterIds: ['night'] });
    expect([last, more]).toEqual([steps[2], []]);
    expect(merge(steps, 1)).toEqual(steps);
  });
});
