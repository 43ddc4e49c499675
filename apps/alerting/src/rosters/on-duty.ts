import type { DutyLayer, DutyOverride } from '@relais/contracts';
import type { UserId } from '@relais/kernel';
import { clockOf, DAY_MS, MINUTE_MS, spansAround } from './local-clock.js';

/** What says who is on duty. */
export interface DutyRules {
  layers: readonly DutyLayer[];
  overrides: readonly { id: string; override: DutyOverride }[];
}

const UNIT_MS = { hours: 60 * MINUTE_MS, days: DAY_MS, weeks: 7 * DAY_MS } as const;
/** Times that are asked for again and again are read once. */
function readOnce<Key extends object>(read: (key: Key) => number): (key: Key) => number {
  const known = new WeakMap<Key, number>();
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const value = read(key);
    known.set(key, value);
    return value;
  };
}

const beginOf = readOnce(({ from }: DutyOverride) => Date.parse(from));
const endOf = readOnce(({ to }: DutyOverride) => Date.parse(to));
const startOf = readOnce(({ startsOn, handOverAt }: DutyLayer) => Date.parse(`${startsOn}T${handOverAt}:00Z`));
const lengthOf = ({ shift }: DutyLayer): number => shift.length * UNIT_MS[shift.unit];

/** Whoever is on duty at an instant, for each layer: somebody, or nobody. */
export const dutiesAt = ({ layers, overrides }: DutyRules, at: number): (UserId | null)[] =>
  layers.map((layer, index) => {
    const instead = overrideAt(overrides, index, at);
    return instead ? instead.userId : inLayer(layer, at);
  });

/** The one that began last; the later in the list of two that began together. */
function overrideAt(overrides: DutyRules['overrides'], layer: number, at: number): DutyOverride | undefined {
  let found: DutyOverride | undefined;
  for (const { override } of overrides) {
    const concerns = override.layer === undefined || override.layer === layer;
    if (!concerns || at < beginOf(override) || at >= endOf(override)) continue;
    if (!found || beginOf(override) >= beginOf(found)) found = override;
  }
  return found;
}

function inLayer(layer: DutyLayer, at: number): UserId | null {
  const local = clockOf(layer.timeZone).reached(at);
  const shift = Math.floor((local - startOf(layer)) / lengthOf(layer));
  if (shift < 0 || !isWithin(layer, local)) return null;
  return layer.userIds[shift % layer.userIds.length] ?? null;
}

const isWithin = ({ within }: DutyLayer, local: number): boolean =>
  within.length === 0 ||
  within.some((hours) => {
    for (const { from, to } of spansAround(local, hours, [-1, 0])) if (local >= from && local < to) return true;
    return false;
  });

/** When somebody else may be on duty next, or null when that never changes again. Nothing changes before. */
export function nextChange({ layers, overrides }: DutyRules, at: number): number | null {
  const changes = [
    ...layers.flatMap((layer) => changeOf(layer, at) ?? []),
    ...overrides.flatMap(({ override }) => [beginOf(override), endOf(override)]),
  ].filter((change) => change > at);
  return changes.length > 0 ? Math.min(...changes) : null;
}

/** The next hand-over, or the next begin or end of its hours. */
function changeOf(layer: DutyLayer, at: number): number | null {
  const clock = clockOf(layer.timeZone);
  const local = clock.reached(at);
  const [start, length] = [startOf(layer), lengthOf(layer)];
  const shift = Math.floor((local - start) / length);
  const isAlone = shift >= 0 && layer.userIds.length === 1;
  const ahead = isAlone ? [] : [Math.max(start, start + (shift + 1) * length)];
  for (const hours of layer.within)
    for (const { from, to } of spansAround(local, hours, [-1, 7])) {
      const next = [from, to].find((one) => one > local);
      if (next === undefined) continue;
      ahead.push(next);
      break;
    }
  return ahead.length > 0 ? clock.instantOf(Math.min(...ahead)) : null;
}

export interface DutySpan {
  from: number;
  to: number;
  userIds: UserId[];
}

/** Who is on duty from one instant to another, or until it was looked at `most` instants: spans that follow each other, each with other people than the one before. */
export function dutySpans({ layers, overrides }: DutyRules, from: number, to: number, most = Infinity): DutySpan[] {
  const rules = {
    layers,
    overrides: overrides.filter(({ override }) => beginOf(override) < to && endOf(override) > from),
  };
  const spans: DutySpan[] = [];
  for (let at = from, looks = 0; at < to && looks < most; looks++) {
    const next = Math.min(nextChange(rules, at) ?? to, to);
    const userIds = peopleOf(dutiesAt(rules, at));
    const last = spans.at(-1);
    if (last && isSame(last.userIds, userIds)) last.to = next;
    else spans.push({ from: at, to: next, userIds });
    at = next;
  }
  return spans;
}

/** When nobody is on duty. */
export const gapsOf = (spans: readonly DutySpan[]): { from: number; to: number }[] =>
  spans.filter(({ userIds }) => userIds.length === 0).map(({ from, to }) => ({ from, to }));

export const peopleOf = (duties: readonly (UserId | null)[]): UserId[] =>
  [...new Set(duties.flatMap((userId) => userId ?? []))].toSorted();

export const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((value, at) => value === other[at]);
