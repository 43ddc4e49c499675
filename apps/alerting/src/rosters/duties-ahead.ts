import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Span } from './local-clock.js';
import { type DutyRules, type DutySpan, dutySpans, isSame } from './on-duty.js';

/** So many instants are looked at before others have their turn: some milliseconds, whatever the roster. */
const LOOKS_AT_ONCE = 20;

/**
 * As `dutySpans`, a few instants at a time: a roster may change every few minutes, and alarms do not wait until it is
 * looked through.
 */
export async function dutiesAhead(rules: DutyRules, { from, to }: Span, most = Infinity): Promise<DutySpan[]> {
  const spans: DutySpan[] = [];
  for (let at = from, looks = 0; at < to && looks < most; looks += LOOKS_AT_ONCE) {
    for (const span of dutySpans(rules, at, to, LOOKS_AT_ONCE)) {
      const last = spans.at(-1);
      if (last && isSame(last.userIds, span.userIds)) last.to = span.to;
      else spans.push(span);
      at = span.to;
    }
    await nextTurn();
  }
  return spans;
}
