import { INVARIANTS } from '../checker/checker.js';
import type { FaultResult } from './fault-case.js';

const counts = (values: Record<string, number>): string =>
  Object.entries(values)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

/** One run in one line: what was sent and answered, what was violated. */
export function formatResult(result: FaultResult): string {
  const { mutation, sent, acknowledged, unknown, refused, resent, restarts, settledMs, violations, extra, passed } =
    result;
  const what = mutation
    ? `  mutation "${mutation}" ${passed ? 'was noticed' : 'WENT UNNOTICED'}`
    : `  ${passed ? 'holds' : 'VIOLATED'}`;
  const load = `sent ${sent}, acknowledged ${acknowledged}, unknown ${unknown}, refused ${refused}, resent ${resent}, restarts ${restarts}`;
  const rest = settledMs === undefined ? 'never at rest' : `at rest after ${settledMs} ms`;
  return `${what}: ${load}, ${rest}; ${counts({ ...violations, ...extra })}`;
}

export function formatSummary(results: readonly FaultResult[], skipped: readonly string[], durationMs: number): string {
  const failed = results.filter(({ passed }) => !passed).length;
  const legend = Object.entries(INVARIANTS).map(([name, what]) => `  ${name} ${what}`);
  return [
    ...legend,
    ...skipped.map((why) => `not run here: ${why}`),
    `took ${Math.round(durationMs / 1_000)} s`,
    `faults: ${results.length - failed} passed, ${failed} failed`,
  ].join('\n');
}
