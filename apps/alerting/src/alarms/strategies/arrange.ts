import type { AlarmStrategy } from '@relais/contracts';
import type { PlannedStep } from '../plan-steps.js';

/** How many of the levels of an alarm are told at once: the smallest number that holds enough people, or all. */
export function levelsAtOnce(
  strategy: AlarmStrategy,
  steps: readonly PlannedStep[],
  isEnough: (levels: readonly PlannedStep[]) => boolean,
): number {
  if (strategy === 'full') return steps.length;
  if (strategy !== 'escalating') return 1;
  const first = steps.findIndex((_, at) => isEnough(steps.slice(0, at + 1)));
  return first < 0 ? steps.length : first + 1;
}

/** The first levels become one, which has the longest of their times to answer; the others follow as they were. */
export function merge(steps: readonly PlannedStep[], levels: number): PlannedStep[] {
  const [first, ...others] = steps.slice(0, levels);
  if (!first || others.length === 0) return [...steps];
  const merged = others.reduce<PlannedStep>(
    ({ rules, userIds }, next) => ({
      userIds: [...new Set([...userIds, ...next.userIds])],
      rules: {
        ladder: rules.ladder,
        waitSeconds: Math.max(rules.waitSeconds, next.rules.waitSeconds),
        needsEveryone: rules.needsEveryone || next.rules.needsEveryone,
        rosterIds: [...new Set([...rules.rosterIds, ...next.rules.rosterIds])],
        nextOf: [...rules.nextOf, ...next.rules.nextOf],
      },
    }),
    first,
  );
  return [merged, ...steps.slice(levels)];
}
