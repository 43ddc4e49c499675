import { alarmSettings, escalationPolicy, escalationTarget, roster } from '@relais/contracts';
import { newId, type UserId } from '@relais/kernel';
import fc from 'fast-check';
import { type Known, lintPolicy } from './policy-lint.js';
import { dutySpans } from '../rosters/on-duty.js';
import { AHEAD_MS, overlapOf, without } from './time-ahead.js';

const [ANNA, GONE] = [newId<UserId>(), newId<UserId>()];
const [NIGHTS, POOL] = [newId(), newId()];
const NOW = Date.parse('2026-11-27T10:00:00Z');

const layers = (...within: object[]) =>
  roster.parse({
    name: 'x',
    layers: [
      {
        ...{ userIds: [ANNA], shift: { unit: 'days', length: 1 }, timeZone: 'Europe/Berlin' },
        ...{ startsOn: '2026-01-01', handOverAt: '08:00', within },
      },
    ],
  }).layers;
const onDuty = (rules: ReturnType<typeof layers>, from = NOW) =>
  dutySpans({ layers: rules, overrides: [] }, from, from + AHEAD_MS).filter(({ userIds }) => userIds.length > 0);
const everyDay = (from: string, to: string) => ({ days: [1, 2, 3, 4, 5, 6, 7], from, to });
const known = (more: Partial<Known> = {}): Known => ({
  ...{ nowMs: NOW, active: new Set([ANNA]), pools: new Set<string>(), settings: alarmSettings.parse({}) },
  rosters: new Map([[NIGHTS, onDuty(layers(everyDay('20:00', '08:00')))]]),
  ...more,
});
const lint = (step: object, more: Partial<Known> = {}): string[] =>
  lintPolicy(escalationPolicy.parse({ name: 'x', steps: [{ waitSeconds: 60, ...step }] }), known(more)).map(
    ({ severity, code, step: at }) => `${severity} ${code} ${at}`,
  );
const user = (userId: UserId) => ({ targets: [{ kind: 'user', userId }] });
const nights = (more: object = {}) => ({ targets: [{ kind: 'roster', rosterId: NIGHTS }], ...more });
const nobody = {
  rosters: new Map([[NIGHTS, onDuty(layers(everyDay('20:00', '20:01')))]]),
};

describe('what would not work in an emergency', () => {
  it('is nothing where people are told in time', () => {
    expect(lint(user(ANNA))).toEqual([]);
    expect(lint({ targets: [{ kind: 'pool', poolId: POOL }] }, { pools: new Set([POOL]) })).toEqual([]);
  });

  it('are people who are gone, and steps without anybody', () => {
    expect(lint(user(GONE))).toEqual(['warning unknown_person 0', 'error empty_step 0']);
    expect(lint({ targets: [{ kind: 'pool', poolId: POOL }] })).toEqual(['error empty_step 0']);
  });

  it('are hours in which nobody is on duty and nobody else is told', () => {
    expect(lint(nights())).toEqual(['warning nobody_on_duty 0']);
    expect(lint({ targets: [...nights().targets, ...user(ANNA).targets] })).toEqual([]);
    expect(lint(nights({ hours: { timeZone: 'Europe/Berlin', ...everyDay('22:00', '06:00') } }))).toEqual([]);
  });

  it('says which hours those are', () => {
    const policy = escalationPolicy.parse({ name: 'x', steps: [nights({ waitSeconds: 60 })] });
    const [finding] = lintPolicy(policy, known());

    expect(finding?.says).toContain('2026-11-27T10:00:00.000Z to 2026-11-27T19:00:00.000Z');
    expect(finding?.says).toContain('5 more times');
  });

  it('is a step whose hours never meet those of its roster', () => {
    expect(lint(nights({ hours: { timeZone: 'Europe/Berlin', ...everyDay('09:00', '12:00') } }))).toEqual([
      'error never_due 0',
    ]);
    const over = { rosters: new Map([[NIGHTS, onDuty(layers(), 0)]]), nowMs: 0 };
    expect(lint(nights(), over)).toEqual(['error nobody_on_duty 0']);
    expect(lint(nights(), nobody)).toEqual(['warning nobody_on_duty 0']);
  });

  it('is a roster that is not there', () => {
    expect(lint(nights(), { rosters: new Map() })).toEqual(['error unknown_roster 0', 'error nobody_on_duty 0']);
  });

  it('is a step that is over before the ways to a person are', () => {
    const settings = alarmSettings.parse({ paths: ['socket', 'push', 'sms', 'voice'] });

    expect(lint(user(ANNA), { settings })).toEqual(['warning ring_outlasts_wait 0']);
    expect(lint({ ...user(ANNA), waitSeconds: 86 }, { settings })).toEqual([]);
  });

  it('is never a loop: nothing that a step or a roster names can name a step or a roster in turn', () => {
    const kinds = escalationTarget.options.map(({ shape }) => Object.keys(shape).toSorted().join(' '));

    expect(kinds).toEqual(['kind userId', 'kind poolId', 'kind rosterId', 'kind userIds']);
    const layer = roster.shape.layers.element;
    for (const more of [{ rosterId: NIGHTS }, { rosterIds: [NIGHTS] }, { policyId: NIGHTS }, { roles: ['x'] }])
      expect(layer.safeParse({ ...layers()[0], ...more }).success).toBe(false);
    expect(layer.safeParse(layers()[0]).success).toBe(true);
  });
});

describe('times without others', () => {
  const span = fc
    .tuple(fc.nat(50), fc.integer({ min: 1, max: 20 }))
    .map(([from, length]) => ({ from, to: from + length }));
  const covers = (spans: readonly { from: number; to: number }[], at: number) =>
    spans.some(({ from, to }) => from <= at && at < to);

  it('are what the ones cover and the others do not', () => {
    fc.assert(
      fc.property(span, fc.array(span, { maxLength: 6 }), (one, others) => {
        const left = without([one], others);
        for (let at = 0; at < 80; at++) expect(covers(left, at)).toBe(covers([one], at) && !covers(others, at));
        const both = Array.from({ length: 80 }, (_, at) => covers([one], at) && covers(others, at)).filter(Boolean);
        expect(overlapOf([one], others)).toBe(both.length);
      }),
    );
  });
});
