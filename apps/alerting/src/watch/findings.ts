import type { ShownProbe, WatchFinding, WatchSettings } from '@relais/contracts';

/** Finds before the outage what would not work in it. */
export function findingsOf(settings: WatchSettings, probes: readonly ShownProbe[]): WatchFinding[] {
  const enabled = probes.filter(({ probe }) => probe.enabled);
  const counting = enabled.filter(({ probe }) => probe.role === 'counts');
  const findings: WatchFinding[] = [];
  if (counting.length === 0) findings.push({ code: 'no_probes', says: 'nothing is looked at: put a probe' });
  else if (counting.length < settings.quorum)
    findings.push({
      code: 'quorum_too_high',
      says: `${settings.quorum} probes must be down for an outage, and there are ${counting.length}`,
    });
  if (counting.length > 0 && settings.tolerated >= counting.length)
    findings.push({ code: 'tolerates_all', says: 'every outage is over at once: so many probes need not be up' });
  if (counting.length > 0 && enabled.length === counting.length)
    findings.push({
      code: 'no_control',
      says: 'a replica that has lost its own network cannot know: put a probe with the role "control" at something outside of the first channel',
    });
  if (!settings.switches) findings.push({ code: 'not_switching', says: 'outage mode is not switched: it only looks' });
  return findings;
}
