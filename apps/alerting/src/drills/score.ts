import type { DrillReport } from '@relais/contracts';

/**
 * How well an emergency would go, 0 to 100: the share of people reached, of which up to two fifths are taken off for times
 * without anybody on duty and for policies with errors. Who is not reached cannot be made up for by a good roster.
 */
export const scoreOf = ({ reach, duty, policies }: DrillReport['parts']): number =>
  Math.round(100 * reach * (0.6 + 0.2 * duty + 0.2 * policies));

/** Nothing to look at is nothing wrong. */
export const share = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole);
