import { type DutyLayer, dutyLayer, type DutyOverride } from '@relais/contracts';
import { newId, type UserId } from '@relais/kernel';
import fc from 'fast-check';
import { clockOf } from './local-clock.js';
import { dutiesAhead } from './duties-ahead.js';
import { dutiesAt, type DutyRules, dutySpans, gapsOf, nextChange } from './on-duty.js';

const [ANNA, BEN, CARL] = [newId<UserId>(), newId<UserId>(), newId<UserId>()] as const;
const HOUR_MS = 3_600_000;
const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

const layer = (more: object = {}): DutyLayer =>
  dutyLayer.parse({
    ...{ userIds: [ANNA, BEN], shift: { unit: 'days', length: 1 }, timeZone: 'Europe/Berlin' },
    ...{ startsOn: '2026-01-01', handOverAt: '02:30', ...more },
  });
const rulesOf = (layers: DutyLayer[], overrides: DutyOverride[] = []): DutyRules => ({
  layers,
  overrides: overrides.map((override, at) => ({ id: String(at), override })),
});

/** Zones that change by an hour, by half an hour, by two, at midnight, in the other half of the year, and not at all. */
const ZONES = [
  ...['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Antarctica/Troll', 'America/Santiago'],
  ...['Africa/Casablanca', 'Asia/Kathmandu', 'Pacific/Auckland', 'UTC'],
];
const zone = fc.constantFrom(...ZONES);
const timeOfDay = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '15', '30', '45'))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${minute}`);
const shift = fc.oneof(
  fc.record({ unit: fc.constant('hours'), length: fc.integer({ min: 1, max: 36 }) }),
  fc.record({ unit: fc.constantFrom('days', 'weeks'), length: fc.integer({ min: 1, max: 3 }) }),
);
const within = fc.array(
  fc.record({
    days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 }),
    from: timeOfDay,
    to: timeOfDay,
  }),
  { maxLength: 3 },
);
const anyLayer = (restrictions = within) =>
  fc
    .record({ timeZone: zone, handOverAt: timeOfDay, shift, within: restrictions })
    .map((more) => layer({ ...more, userIds: [ANNA, BEN, CARL] }));
/** Any minute of two years, and of the days around the changes of the clock in Berlin. */
const instant = fc.oneof(
  fc.integer({ min: Date.UTC(2026, 1, 1), max: Date.UTC(2028, 0, 1) }),
  fc.integer({ min: Date.UTC(2026, 2, 28), max: Date.UTC(2026, 2, 30) }),
  fc.integer({ min: Date.UTC(2026, 9, 24), max: Date.UTC(2026, 9, 26) }),
);

describe('who is on duty', () => {
  it('changes at 02:30 also on the days on which that hour is left out or comes twice (F-43)', () => {
    const rules = rulesOf([layer()]);
    const changes = (day: string) => iso(nextChange(rules, Date.parse(`${day}T00:00:00Z`)));

    expect(changes('2026-03-28')).toBe('2026-03-28T01:30:00.000Z');
    // The clock jumps from 02:00 to 03:00: the shift begins when it jumps.
    expect(changes('2026-03-29')).toBe('2026-03-29T01:00:00.000Z');
    expect(changes('2026-03-30')).toBe('2026-03-30T00:30:00.000Z');
    // 02:30 comes at 00:30 and at 01:30 UTC: the first counts, and the second changes nothing.
    expect(changes('2026-10-25')).toBe('2026-10-25T00:30:00.000Z');
    expect(iso(nextChange(rules, Date.parse('2026-10-25T00:30:00Z')))).toBe('2026-10-26T01:30:00.000Z');
  });

  it('is one person of a layer at every instant, the next one from each hand-over on (F-43)', () => {
    fc.assert(
      fc.property(anyLayer(fc.constant([])), instant, (one, at) => {
        const rules = rulesOf([one]);
        const [now] = dutiesAt(rules, at);
        const next = nextChange(rules, at) as number;

        expect([ANNA, BEN, CARL]).toContain(now);
        expect(next).toBeGreaterThan(at);
        expect(dutiesAt(rules, next - 1)).toEqual([now]);
      }),
      { numRuns: 500 },
    );
  });

  it('passes through the people in their order, leaving out only who would be on duty in an hour that does not exist (F-43)', () => {
    fc.assert(
      fc.property(anyLayer(fc.constant([])), instant, (one, at) => {
        const rules = rulesOf([one]);
        const order = [ANNA, BEN, CARL];
        const before = order.indexOf(dutiesAt(rules, at)[0] as UserId);
        const next = nextChange(rules, at) as number;
        const after = order.indexOf(dutiesAt(rules, next)[0] as UserId);
        const steps = (after - before + 3) % 3;

        const clock = clockOf(one.timeZone);
        const jumped = clock.reached(next) - clock.reached(next - 1) - 1;
        const hours = one.shift.unit === 'hours' ? one.shift.length : 24;
        expect(steps).toBe((1 + (jumped >= hours * HOUR_MS ? Math.floor(jumped / (hours * HOUR_MS)) : 0)) % 3);
      }),
      { numRuns: 500 },
    );
  });

  it('is told by spans that follow each other without gap or overlap, and say what each instant says (F-43)', () => {
    fc.assert(
      fc.property(
        fc.array(anyLayer(), { minLength: 1, maxLength: 3 }),
        instant,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (layers, from, where) => {
          const rules = rulesOf(layers);
          const to = from + 10 * 24 * HOUR_MS;
          const spans = dutySpans(rules, from, to);
          const at = Math.min(to - 1, Math.floor(from + where * (to - from)));
          const span = spans.find((one) => one.from <= at && at < one.to);

          expect(spans[0]?.from).toBe(from);
          expect(spans.at(-1)?.to).toBe(to);
          for (const [index, one] of spans.entries()) if (index > 0) expect(one.from).toBe(spans[index - 1]?.to);
          expect(span?.userIds).toEqual([...new Set(dutiesAt(rules, at).filter((id) => id !== null))].toSorted());
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is looked at ahead a few instants at a time, so that nobody waits for the largest roster', async () => {
    const layers = Array.from({ length: 10 }, (_, at) =>
      layer({ shift: { unit: 'hours', length: 1 }, handOverAt: `08:0${at}`, userIds: [ANNA, BEN, CARL] }),
    );
    const [from, to] = [Date.UTC(2026, 1, 1), Date.UTC(2026, 1, 6)];
    let [turns, isLooking] = [0, true];
    const countTurns = (): void => {
      turns++;
      if (isLooking) setImmediate(countTurns);
    };
    countTurns();

    const ahead = await dutiesAhead(rulesOf(layers), { from, to });
    isLooking = false;

    expect(ahead).toEqual(dutySpans(rulesOf(layers), from, to));
    expect(turns).toBeGreaterThan(ahead.length / 20);
  });

  it('agrees with a clock that is watched minute by minute over the days of change (F-43)', () => {
    const watched = (timeZone: string, day: string, handOverAt: string): string[] => {
      const rules = rulesOf([layer({ timeZone, handOverAt })]);
      const wall = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
      const changes: string[] = [];
      let [latest, isDone] = ['', false];
      const from = Date.parse(`${day}T00:00:00Z`) - 14 * HOUR_MS;
      for (let at = from; at < from + 52 * HOUR_MS; at += 60_000) {
        const shown = wall.format(at);
        if (shown > latest) latest = shown;
        const isReached = latest >= `${day} ${handOverAt}`;
        if (isReached && !isDone) changes.push(`${iso(at)} ${iso(nextChange(rules, at - 1))}`);
        isDone = isReached;
      }
      return changes;
    };
    const DAYS = [
      ...[
        ['Europe/Berlin', '2026-03-29'],
        ['Europe/Berlin', '2026-10-25'],
        ['America/New_York', '2026-03-08'],
      ],
      ...[
        ['America/New_York', '2026-11-01'],
        ['Australia/Lord_Howe', '2026-04-05'],
        ['Antarctica/Troll', '2026-10-25'],
      ],
      ...[
        ['America/Santiago', '2026-09-06'],
        ['Pacific/Auckland', '2026-09-27'],
        ['Asia/Kathmandu', '2026-05-05'],
      ],
    ] as [string, string][];

    for (const [timeZone, day] of DAYS)
      for (const time of ['00:00', '00:30', '01:45', '02:00', '02:15', '02:30', '03:00', '23:30']) {
        const [change, ...more] = watched(timeZone, day, time);
        const [seen, said] = change?.split(' ') ?? [];
        expect([timeZone, time, more, seen]).toEqual([timeZone, time, [], said]);
      }
  });

  it('is nobody before the first shift, and outside of the hours of a layer', () => {
    const nights = layer({ within: [{ days: [5], from: '22:00', to: '06:00' }], userIds: [ANNA] });
    const at = (when: string) => dutiesAt(rulesOf([nights]), Date.parse(when))[0];

    expect(at('2025-12-31T12:00:00Z')).toBeNull();
    // Friday the 2nd, until Saturday morning.
    expect(at('2026-01-02T20:59:59Z')).toBeNull();
    expect(at('2026-01-02T21:00:00Z')).toBe(ANNA);
    expect(at('2026-01-03T04:59:59Z')).toBe(ANNA);
    expect(at('2026-01-03T05:00:00Z')).toBeNull();
    expect(at('2026-01-03T21:30:00Z')).toBeNull();
  });

  it('is everybody whom some layer says, and each once', () => {
    const both = rulesOf([layer({ userIds: [ANNA] }), layer({ userIds: [BEN] }), layer({ userIds: [ANNA] })]);
    const [span] = dutySpans(both, Date.UTC(2026, 1, 1), Date.UTC(2026, 1, 2));

    expect(span?.userIds).toEqual([ANNA, BEN].toSorted());
  });

  it('is whoever an override says, of one layer or of all, and nobody when it says so', () => {
    const span = { from: '2026-02-01T10:00:00Z', to: '2026-02-01T12:00:00Z' };
    const layers = [layer({ userIds: [ANNA] }), layer({ userIds: [BEN] })];
    const during = (override: object) =>
      dutiesAt(rulesOf(layers, [{ ...span, userId: null, ...override }]), Date.parse('2026-02-01T11:00:00Z'));

    expect(during({ userId: CARL })).toEqual([CARL, CARL]);
    expect(during({ layer: 1, userId: CARL })).toEqual([ANNA, CARL]);
    expect(during({})).toEqual([null, null]);
    expect(
      gapsOf(dutySpans(rulesOf(layers, [{ ...span, userId: null }]), Date.UTC(2026, 1, 1), Date.UTC(2026, 1, 2))),
    ).toEqual([{ from: Date.parse(span.from), to: Date.parse(span.to) }]);
  });

  it('is the one of two overlapping overrides that begins later', () => {
    const rules = rulesOf(
      [layer({ userIds: [ANNA] })],
      [
        { from: '2026-02-01T11:00:00Z', to: '2026-02-01T13:00:00Z', userId: CARL },
        { from: '2026-02-01T10:00:00Z', to: '2026-02-01T14:00:00Z', userId: BEN },
      ],
    );
    const spans = dutySpans(rules, Date.parse('2026-02-01T09:00:00Z'), Date.parse('2026-02-01T15:00:00Z'));

    expect(spans.map(({ userIds }) => userIds[0])).toEqual([ANNA, BEN, CARL, BEN, ANNA]);
  });

  it('never changes where one person is on duty for ever', () => {
    expect(nextChange(rulesOf([layer({ userIds: [ANNA] })]), Date.UTC(2026, 5, 1))).toBeNull();
  });
});
