import { type ContactMode, type ContactVerb, contactMode, contactVerb, type Role } from '@relais/contracts';
import { newId, type PoolId, type UserId } from '@relais/kernel';
import fc from 'fast-check';
import { apartness, classNameOf } from './classify.js';
import { type ContactRules, decide, mayShare, type Person, type Rights } from './decide.js';
import { reachOf } from './reach.js';

const POOLS = Array.from({ length: 4 }, () => newId<PoolId>());
const pools = fc.subarray(POOLS);
const verbs = fc.constantFrom<ContactVerb>(...contactVerb.options);
const rights: fc.Arbitrary<Rights> = fc.constantFrom(
  { see: false, message: false, alarm: false },
  { see: true, message: false, alarm: false },
  { see: true, message: true, alarm: false },
  { see: true, message: false, alarm: true },
  { see: true, message: true, alarm: true },
);
const rules: fc.Arbitrary<ContactRules> = fc
  .record({
    mode: fc.constantFrom<ContactMode>(...contactMode.options),
    lines: fc.array(fc.tuple(fc.constantFrom(...POOLS), fc.constantFrom(...POOLS), rights), { maxLength: 10 }),
  })
  .map(({ mode, lines }) => ({ mode, cells: tableOf(lines) }));
const person = (roles: Role[] = ['member', 'admin', 'owner']): fc.Arbitrary<Person> =>
  fc.record({ role: fc.constantFrom<Role>(...roles), poolIds: pools }).map((one) => ({ id: newId<UserId>(), ...one }));

function tableOf(lines: readonly (readonly [PoolId, PoolId, Rights])[]): ContactRules['cells'] {
  const cells = new Map<PoolId, Map<PoolId, Rights>>();
  for (const [from, to, said] of lines) cells.set(from, (cells.get(from) ?? new Map()).set(to, said));
  return cells;
}

const [north, south, west] = POOLS as [PoolId, PoolId, PoolId, PoolId];
const aPerson = (poolIds: PoolId[], role: Role = 'member'): Person => ({ id: newId<UserId>(), role, poolIds });
const SEE_ONLY = { see: true, message: false, alarm: false };
const NOTHING = { see: false, message: false, alarm: false };

describe('who may meet whom', () => {
  const answer = (mode: ContactMode, from: Person, to: Person, verb: ContactVerb = 'message', cells = tableOf([])) =>
    decide({ mode, cells }, from, to, verb);

  it('is everybody, while nothing else is said', () => {
    expect(answer('open', aPerson([]), aPerson([north]))).toEqual({ allowed: true, rule: 'open' });
  });

  it('is whom one shares a pool with', () => {
    const both = aPerson([south, north]);

    expect(answer('pools', aPerson([north]), both)).toEqual({
      ...{ allowed: true, rule: 'shared_pool', decisive: { from: north, to: north } },
    });
    expect(answer('pools', aPerson([west]), both)).toEqual({ allowed: false, rule: 'no_shared_pool' });
  });

  it('is what the table says, from one pool to the other, and in one pool everything until it says otherwise', () => {
    const table = tableOf([
      [north, south, SEE_ONLY],
      [west, west, NOTHING],
    ]);
    const [one, other] = [aPerson([north]), aPerson([south])];

    expect(answer('matrix', one, other, 'see', table)).toMatchObject({ allowed: true, rule: 'matrix' });
    expect(answer('matrix', one, other, 'message', table)).toEqual({ allowed: false, rule: 'not_in_matrix' });
    expect(answer('matrix', other, one, 'see', table)).toEqual({ allowed: false, rule: 'not_in_matrix' });
    expect(answer('matrix', one, aPerson([north]), 'alarm', table)).toMatchObject({ rule: 'shared_pool' });
    expect(answer('matrix', aPerson([west]), aPerson([west]), 'see', table).allowed).toBe(false);
  });

  it('is owners and administrators, for members of a closed organization', () => {
    const [member, admin] = [aPerson([north]), aPerson([south], 'admin')];

    expect(answer('closed', member, admin)).toEqual({ allowed: true, rule: 'to_administrator' });
    expect(answer('closed', admin, member)).toEqual({ allowed: true, rule: 'administrator' });
    expect(answer('closed', member, aPerson([north]))).toEqual({ allowed: false, rule: 'closed' });
  });

  it.each(contactMode.options)('is for a bot, in mode %s too, those it was granted to and nobody else', (mode) => {
    const [granted, inPool, stranger] = [aPerson([west]), aPerson([north]), aPerson([south], 'owner')];
    const bot = { ...aPerson([]), audience: { userIds: [granted.id], poolIds: [north] } };
    const other = { ...aPerson([]), audience: { userIds: [bot.id], poolIds: [] } };

    for (const one of [granted, inPool]) {
      expect(answer(mode, one, bot).rule).toBe('bot_audience');
      expect(answer(mode, bot, one).rule).toBe('bot_audience');
    }
    for (const one of [stranger, other]) expect(answer(mode, bot, one).rule).toBe('not_in_bot_audience');
  });
});

describe('whatever the rules are', () => {
  it('people may see whom they may message or alarm', () => {
    fc.assert(
      fc.property(rules, person(), person(), verbs, (said, one, other, verb) => {
        if (decide(said, one, other, verb).allowed) expect(decide(said, one, other, 'see').allowed).toBe(true);
      }),
    );
  });

  it('more pools never take anything away from anybody', () => {
    fc.assert(
      fc.property(rules, person(), person(), pools, verbs, (said, one, other, more, verb) => {
        const grown = (who: Person) => ({ ...who, poolIds: [...new Set([...who.poolIds, ...more])] });
        if (!decide(said, one, other, verb).allowed) return;
        expect(decide(said, grown(one), other, verb).allowed).toBe(true);
        expect(decide(said, one, grown(other), verb).allowed).toBe(true);
      }),
    );
  });

  it('one who is in no pool has no right over members, nor they over them, where pools decide', () => {
    const byPools = rules.filter(({ mode }) => mode === 'pools' || mode === 'matrix');
    const lonely = person(['member']).map((one) => ({ ...one, poolIds: [] }));
    fc.assert(
      fc.property(byPools, lonely, person(['member']), verbs, (said, one, other, verb) => {
        expect(decide(said, one, other, verb).allowed).toBe(false);
        expect(decide(said, other, one, verb).allowed).toBe(false);
      }),
    );
  });

  it('it is mutual among members, unless a table says it', () => {
    fc.assert(
      fc.property(rules, person(['member']), person(['member']), verbs, (said, one, other, verb) => {
        if (said.mode !== 'matrix')
          expect(decide(said, one, other, verb).allowed).toBe(decide(said, other, one, verb).allowed);
      }),
    );
  });

  it('sharing a conversation is mutual', () => {
    fc.assert(
      fc.property(rules, person(), person(), (said, one, other) => {
        expect(mayShare(said, one, other)).toBe(mayShare(said, other, one));
      }),
    );
  });

  it('a reach holds those, and only those, who are decided for', () => {
    fc.assert(
      fc.property(rules, person(), person(), verbs, (said, one, other, verb) => {
        const { everybody, administrators, poolIds } = reachOf(said, one, verb);
        const isWithin =
          everybody || (administrators && other.role !== 'member') || other.poolIds.some((id) => poolIds.includes(id));
        expect(isWithin).toBe(decide(said, one, other, verb).allowed);
      }),
    );
  });

  it('classes keep apart those, and only those, who may not share a conversation', () => {
    fc.assert(
      fc.property(rules, fc.array(person(), { minLength: 2, maxLength: 6 }), (said, people) => {
        const names = [...new Set(people.map(classNameOf))];
        const apart = apartness(said, names);
        for (const one of people)
          for (const other of people.filter(({ id }) => id !== one.id))
            expect(apart[names.indexOf(classNameOf(one))]?.includes(names.indexOf(classNameOf(other)))).toBe(
              !mayShare(said, one, other),
            );
      }),
    );
  });
});
