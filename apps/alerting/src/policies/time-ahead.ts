import type { EscalationStep } from '@relais/contracts';
import { clockOf, DAY_MS, type Span, spansAround } from '../rosters/local-clock.js';
import { dutiesAhead } from '../rosters/duties-ahead.js';
import { type DutyRules } from '../rosters/on-duty.js';

const DAYS_AHEAD = 14;
/** How far it is looked ahead for what would not work. */
export const AHEAD_MS = DAYS_AHEAD * DAY_MS;

/** When somebody is on duty. */
export const onDutyIn = async (rules: DutyRules, span: Span): Promise<Span[]> =>
  (await dutiesAhead(rules, span)).filter(({ userIds }) => userIds.length > 0);

/** The hours of a step within a span of at most `AHEAD_MS`, in their order; all of it where it has none. */
export function windowsOf(hours: EscalationStep['hours'], span: Span): Span[] {
  if (!hours) return [span];
  const clock = clockOf(hours.timeZone);
  return [...spansAround(clock.reached(span.from), hours, [-1, DAYS_AHEAD])]
    .map(({ from, to }) => ({
      from: Math.max(span.from, clock.instantOf(from)),
      to: Math.min(span.to, clock.instantOf(to)),
    }))
    .filter(({ from, to }) => from < to);
}

/** What of these is in none of those. */
export function without(spans: readonly Span[], those: readonly Span[]): Span[] {
  const taken = those.toSorted((a, b) => a.from - b.from);
  return spans.flatMap(({ from, to }) => {
    const left: Span[] = [];
    let at = from;
    for (const one of taken) {
      if (one.to <= at || one.from >= to) continue;
      if (one.from > at) left.push({ from: at, to: one.from });
      at = one.to;
    }
    return at < to ? [...left, { from: at, to }] : left;
  });
}

const lengthOf = (spans: readonly Span[]): number => spans.reduce((sum, { from, to }) => sum + to - from, 0);

/** For how long, ms, these and those are at once. */
export const overlapOf = (spans: readonly Span[], those: readonly Span[]): number =>
  lengthOf(spans) - lengthOf(without(spans, those));
