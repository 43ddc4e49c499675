import { newId, type UserId } from '@relais/kernel';
import fc from 'fast-check';
import { groupsOf } from './contact-review.js';
import { SortedPeople } from './sorted-people.js';

const [north, south, alone] = [0, 1, 2] as const;
/** North and south stay apart; of the last class, each stays apart from everybody, also from each other. */
const APART = [
  [south, alone],
  [north, alone],
  [north, south, alone],
];

describe('people who may not share a conversation', () => {
  const sorted = (classes: readonly number[]) => {
    const userIds = classes.map(() => newId<UserId>());
    const people = new SortedPeople(true, new Map(userIds.map((id, index) => [id, classes[index] as number])), APART);
    return { userIds, misfits: people.misfits(userIds).map((id) => userIds.indexOf(id)) };
  };

  it('go when somebody came first whom they may not meet', () => {
    expect(sorted([north, south, north, south]).misfits).toEqual([1, 3]);
    expect(sorted([south, north, north]).misfits).toEqual([1, 2]);
    expect(sorted([alone, alone, north]).misfits).toEqual([1, 2]);
  });

  it('are nobody where nobody is known', () => {
    expect(new SortedPeople(true, new Map(), APART).misfits([newId<UserId>()])).toEqual([]);
  });

  it('leave behind people of whom any two may meet, and always the first', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(north, south, alone), { minLength: 1, maxLength: 12 }), (classes) => {
        const { misfits } = sorted(classes);
        const left = classes.filter((_, index) => !misfits.includes(index));
        expect(misfits).not.toContain(0);
        left.forEach((own, index) => {
          for (const other of left.slice(index + 1)) expect(APART[own]).not.toContain(other);
        });
      }),
    );
  });
});

describe('the conversations of a review', () => {
  it('are looked at together as long as their people are few, in order, and a large one alone', () => {
    const sizes = [2, 4_000, 999, 50_000, 2, 2];
    const found = sizes.map((members) => ({ id: newId<never>(), members }));
    const groups = groupsOf(found);

    expect(groups.flat()).toEqual(found.map(({ id }) => id));
    expect(groups.map(({ length }) => length)).toEqual([2, 1, 1, 2]);
  });
});
