import type { WatchSettings } from '@relais/contracts';
import type { ProbeRow } from './probe-rows.postgres.js';

type Counted = Pick<ProbeRow, 'failed_in_row' | 'succeeded_in_row' | 'state'>;

/** Down or up after so many in a row; in between it stays what it was. */
export function stateOf(probe: Counted, { failures, recoveries }: WatchSettings): ProbeRow['state'] {
  if (probe.failed_in_row >= failures) return 'down';
  if (probe.succeeded_in_row >= recoveries) return 'up';
  return probe.state;
}

/**
 * Whether it is an outage: enough probes are down for it to begin, and all but so many are up for it to end. Between the two
 * it stays as it is, and so it does until it has been so for a while.
 *
 * @param heldSeconds how long it has been as it is; null when it was never otherwise
 */
export function isOutageNow(
  states: readonly ProbeRow['state'][],
  { quorum, tolerated, minimumSeconds }: WatchSettings,
  was: { isOutage: boolean; heldSeconds: number | null },
): boolean {
  if (was.heldSeconds !== null && was.heldSeconds < minimumSeconds) return was.isOutage;
  const down = states.filter((state) => state === 'down').length;
  const notUp = states.filter((state) => state !== 'up').length;
  return was.isOutage ? notUp > tolerated : down >= quorum;
}
