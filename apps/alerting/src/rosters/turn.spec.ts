import { newId, type UserId } from '@relais/kernel';
import fc from 'fast-check';
import { confirm, differences, type HeldDuty, turn } from './turn.js';

const [ANNA, BEN, CARL] = [newId<UserId>(), newId<UserId>(), newId<UserId>()] as const;
const NAMES = new Map([ANNA, BEN, CARL].map((id, at) => [id, ['anna', 'ben', 'carl'][at]]));
const say = (held: readonly HeldDuty[] | null) =>
  held?.map(({ layer, userId, state }) => `${layer} ${NAMES.get(userId)} ${state}`);

describe('a change of shift', () => {
  it('relieves the predecessor by the clock where hand-overs are automatic', () => {
    const held = turn([], [ANNA], 'automatic');

    expect(say(turn(held, [BEN], 'automatic'))).toEqual(['0 ben on_duty']);
  });

  it('keeps the predecessor on duty beside the successor until that one confirms', () => {
    const first = confirm(turn([], [ANNA], 'confirmed'), ANNA) as HeldDuty[];
    const both = turn(first, [BEN], 'confirmed');

    expect(say(both)).toEqual(['0 ben taking_over', '0 anna handing_over']);
    expect(say(turn(both, [BEN], 'confirmed'))).toEqual(say(both));
    expect(say(confirm(both, BEN))).toEqual(['0 ben on_duty']);
    expect(confirm(both, ANNA)).toBeNull();
  });

  it('keeps everybody who was not relieved when the next one comes, and relieves all of them at once', () => {
    const both = turn(turn(turn([], [ANNA], 'automatic'), [BEN], 'confirmed'), [CARL], 'confirmed');

    expect(say(both)).toEqual(['0 carl taking_over', '0 ben handing_over', '0 anna handing_over']);
    expect(confirm(both, BEN)).toBeNull();
    expect(say(confirm(both, CARL))).toEqual(['0 carl on_duty']);
  });

  it('asks nothing of somebody to whom the duty comes back before it was taken over', () => {
    const both = turn(turn([], [ANNA], 'automatic'), [BEN], 'confirmed');

    expect(say(turn(both, [ANNA], 'confirmed'))).toEqual(['0 anna on_duty']);
  });

  it('keeps nobody where nobody comes, and relieves of one layer only', () => {
    const two = turn(turn([], [ANNA, BEN], 'automatic'), [CARL, CARL], 'confirmed');

    expect(turn(two, [null, null], 'confirmed')).toEqual([]);
    expect(say(turn(two, [null, CARL], 'confirmed'))).toEqual(['1 carl taking_over', '1 ben handing_over']);
    expect(say(confirm(two, CARL))).toEqual(['0 carl on_duty', '1 carl on_duty']);
  });

  it('always has whoever is planned on duty, and nobody who never was', () => {
    const person = fc.constantFrom(ANNA, BEN, CARL, null);
    const plan = fc.array(fc.tuple(person, person), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        plan,
        fc.constantFrom('automatic' as const, 'confirmed' as const),
        fc.nat(8),
        (plans, mode, confirmsAt) => {
          let held: HeldDuty[] = [];
          const seen = [new Set<UserId>(), new Set<UserId>()];
          for (const [at, planned] of plans.entries()) {
            const next = turn(held, planned, mode);
            for (const [layer, userId] of planned.entries()) {
              const here = next.filter((one) => one.layer === layer).map((one) => one.userId);
              if (userId) seen[layer]?.add(userId);
              expect(here.includes(userId as UserId)).toBe(userId !== null);
              expect(new Set(here).size).toBe(here.length);
              for (const one of here) expect(seen[layer]?.has(one)).toBe(true);
            }
            const { begins, ends } = differences(held, next);
            expect(next.length).toBe(held.length + begins.length - ends.length);
            held = at === confirmsAt && planned[0] ? (confirm(next, planned[0]) ?? next) : next;
          }
        },
      ),
    );
  });
});
