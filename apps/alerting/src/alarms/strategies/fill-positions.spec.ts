import fc from 'fast-check';
import { type Candidate, fillPositions, isFilled, type Position } from './fill-positions.js';

const NAMES = ['driver', 'medic', 'leader', 'diver'];

/** The most that can be filled, by trying everything. */
function most(positions: readonly Position[], [first, ...rest]: readonly Candidate[]): number {
  if (!first) return 0;
  const without = most(positions, rest);
  return positions.reduce((best, position, at) => {
    if (position.needed === 0 || !first.held.includes(position.qualificationId)) return best;
    const left = positions.map((one, index) => (index === at ? { ...one, needed: one.needed - 1 } : one));
    return Math.max(best, 1 + most(left, rest));
  }, without);
}

describe('positions', () => {
  const positions = fc.uniqueArray(
    fc.record({ qualificationId: fc.constantFrom(...NAMES), needed: fc.integer({ min: 1, max: 3 }) }),
    { selector: ({ qualificationId }) => qualificationId, minLength: 1, maxLength: 3 },
  );
  const people = fc
    .array(fc.subarray(NAMES), { maxLength: 6 })
    .map((all) => all.map((held, at): Candidate => ({ userId: String(at), held })));

  it('are never left empty while somebody could fill them', () => {
    fc.assert(
      fc.property(positions, people, (asked, candidates) => {
        const filled = fillPositions(asked, candidates);
        const sum = filled.reduce((all, one) => all + one.filled, 0);

        expect(sum).toBe(most(asked, candidates));
        for (const one of filled) expect(one.filled).toBeLessThanOrEqual(one.needed);
      }),
      { numRuns: 500 },
    );
  });

  it('are filled by one person each, who moves over for somebody who can do one thing only', () => {
    const asked = [
      { qualificationId: 'driver', needed: 1 },
      { qualificationId: 'medic', needed: 1 },
    ];
    const both = { userId: 'anna', held: ['driver', 'medic'] };
    const filled = fillPositions(asked, [both, { userId: 'ben', held: ['driver'] }]);

    expect(filled.map(({ filled: n }) => n)).toEqual([1, 1]);
    expect(isFilled(filled)).toBe(true);
    expect(isFilled(fillPositions(asked, [both]))).toBe(false);
  });

  it('show who is there beyond what is needed', () => {
    const drivers = ['anna', 'ben', 'carl'].map((userId) => ({ userId, held: ['driver'] }));

    expect(fillPositions([{ qualificationId: 'driver', needed: 1 }], drivers)).toEqual([
      { qualificationId: 'driver', needed: 1, filled: 1, spare: 2 },
    ]);
  });

  it('of twenty kinds are filled from ten thousand people without a wait', () => {
    const asked = Array.from({ length: 20 }, (_, at) => ({ qualificationId: String(at), needed: 100 }));
    const crowd = Array.from({ length: 10_000 }, (_, at) => ({
      userId: String(at),
      held: at < 5_000 ? ['0'] : Array.from({ length: 10 }, (__, kind) => String((at + kind) % 20)),
    }));

    expect(isFilled(fillPositions(asked, crowd))).toBe(true);
  });
});
