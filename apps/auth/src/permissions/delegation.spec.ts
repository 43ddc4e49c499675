import { type Permission, permission, type Role } from '@relais/contracts';
import { newId, type PoolId } from '@relais/kernel';
import fc from 'fast-check';
import { mayGive, mayShape } from './delegation.js';
import { covers, type GivenRole, type Grants, grantsOf } from './grants.js';

const POOLS = [newId<PoolId>(), newId<PoolId>()];
const PEOPLE = 4;
const ROLES = 3;

/** Everything the decisions are about, without a database: whoever may do a step does it. */
class Organization {
  readonly roles = new Map<number, readonly Permission[]>();
  readonly given = new Set<string>();

  constructor(private readonly base: readonly Role[]) {}

  grantsOf(person: number): Grants {
    const given = [...this.given].map((key) => JSON.parse(key) as [number, number, PoolId | null]);
    const own = given.filter(([who]) => who === person);
    const roles = own.map(([, role, poolId]) => ({ permissions: this.roles.get(role) ?? [], poolId }));
    return grantsOf(this.base[person] as Role, roles);
  }

  /** What all of these people have together. */
  together(people: readonly number[]): Grants {
    const given = people.flatMap((person) =>
      [...this.grantsOf(person)].flatMap(([one, reach]): GivenRole[] =>
        reach === 'everywhere'
          ? [{ permissions: [one], poolId: null }]
          : [...reach].map((poolId) => ({ permissions: [one], poolId })),
      ),
    );
    return grantsOf('member', given);
  }

  take({ kind, actor, role, permissions, person, poolId }: Step): void {
    const own = this.grantsOf(actor);
    const known = this.roles.get(role);
    if (kind === 'shape' && mayShape(own, known ?? [], permissions)) this.roles.set(role, permissions);
    if (!known || kind === 'shape' || !mayGive(own, known, poolId)) return;
    const key = JSON.stringify([person, role, poolId]);
    if (kind === 'give') this.given.add(key);
    else this.given.delete(key);
  }
}

interface Step {
  kind: 'shape' | 'give' | 'take';
  actor: number;
  role: number;
  permissions: readonly Permission[];
  person: number;
  poolId: PoolId | null;
}

const somebody = fc.nat({ max: PEOPLE - 1 });
const aRole = fc.nat({ max: ROLES - 1 });
// Few permissions, so that sequences meet; `manage_roles` in most of them, so that there is something to abuse.
const permissions = fc.uniqueArray(
  fc.constantFrom<Permission>('manage_roles', 'invite', 'manage_users', 'wipe_devices'),
  {
    minLength: 1,
  },
);
const aScope = fc.constantFrom<PoolId | null>(null, ...POOLS);
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('shape', 'give', 'take'),
  actor: somebody,
  role: aRole,
  permissions,
  person: somebody,
  poolId: aScope,
});

/** NOTE: left alone, fast-check makes short sequences, and in few of them anything is handed on. */
const manySteps = fc.array(step, { minLength: 30, maxLength: 60, size: 'max' });

/** Roles there are, and who has them at the start, with one administrator and the rest members. */
const beginning = fc.record({
  roles: fc.array(permissions, { minLength: ROLES, maxLength: ROLES }),
  given: fc.array(fc.tuple(fc.integer({ min: 1, max: PEOPLE - 1 }), aRole, aScope), { maxLength: 6 }),
});

function start({ roles, given }: { roles: Permission[][]; given: [number, number, PoolId | null][] }): Organization {
  const organization = new Organization(['admin', 'member', 'member', 'member']);
  roles.forEach((list, role) => organization.roles.set(role, list));
  for (const key of given) organization.given.add(JSON.stringify(key));
  return organization;
}

describe('delegation', () => {
  it('raises nobody above whoever raised them, in any sequence of grants', () => {
    fc.assert(
      fc.property(beginning, manySteps, (first, steps) => {
        const organization = start(first);
        for (const each of steps) {
          const before = Array.from({ length: PEOPLE }, (_, person) => organization.grantsOf(person));
          organization.take(each);
          for (let person = 0; person < PEOPLE; person++) {
            const own = before[person] as Grants;
            const allowed = joined(own, before[each.actor] as Grants);
            if (!covers(allowed, organization.grantsOf(person))) throw new Error(`raised ${person} by ${each.actor}`);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('gives people who work together nothing that none of them had', () => {
    fc.assert(
      fc.property(beginning, manySteps, (first, steps) => {
        const organization = start(first);
        const members = [1, 2, 3];
        const atFirst = organization.together(members);
        for (const each of steps.filter(({ actor }) => actor !== 0)) organization.take(each);
        expect(covers(atFirst, organization.together(members))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('takes from nobody what whoever takes it does not have', () => {
    fc.assert(
      fc.property(beginning, manySteps, (first, steps) => {
        const organization = start(first);
        for (const each of steps) {
          const own = organization.grantsOf(each.actor);
          const before = Array.from({ length: PEOPLE }, (_, person) => organization.grantsOf(person));
          organization.take(each);
          for (let person = 0; person < PEOPLE; person++)
            expect(covers(joined(organization.grantsOf(person), own), before[person] as Grants)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is tried on sequences that hand something on', () => {
    const outcomes = fc.sample(fc.tuple(beginning, manySteps), 200);
    const moved = outcomes.filter(([first, steps]) => {
      const organization = start(first);
      const before = JSON.stringify([[...organization.roles], [...organization.given]]);
      for (const each of steps.filter(({ actor }) => actor !== 0)) organization.take(each);
      return JSON.stringify([[...organization.roles], [...organization.given]]) !== before;
    });

    expect(moved.length).toBeGreaterThan(40);
    expect(permission.options).toContain('wipe_devices');
  });
});

function joined(one: Grants, other: Grants): Grants {
  const all = [...one, ...other].flatMap(([name, reach]): GivenRole[] =>
    reach === 'everywhere'
      ? [{ permissions: [name], poolId: null }]
      : [...reach].map((poolId) => ({ permissions: [name], poolId })),
  );
  return grantsOf('member', all);
}
