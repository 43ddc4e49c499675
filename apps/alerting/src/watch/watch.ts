import { Injectable } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { type Probe, type ProbeProblem, switchOutageMode, type WatchSettings } from '@relais/contracts';
import { Database, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import { setTimer, type Timer } from '../engine/timers.postgres.js';
import { Errand } from '../engine/work.js';
import { recordFact, systemSubject } from '../facts/record-fact.js';
import { outageConcluded, probeLooked } from '../metrics.js';
import { Sealing } from '../sealing.js';
import type { ReachableAddresses } from './addresses.js';
import { isOutageNow, stateOf } from './conclude.js';
import { look, type Looked } from './look.js';
import {
  addResult,
  addTransition,
  conclusionOf,
  findProbe,
  lockConclusion,
  type ProbeRow,
  probesOf,
  setState,
  watchSettingsOf,
  writeConclusion,
} from './probe-rows.postgres.js';

/** Who looks: this replica, and where it may look. */
export abstract class Watcher {
  abstract readonly replica: string;
  abstract readonly reachable: ReachableAddresses;
}

/**
 * Looks at the first channel, concludes whether it is down, and switches outage mode. Each look is an errand, so they spread
 * over the replicas; what was seen is counted in the database, so it does not matter which replica saw it.
 */
@Injectable()
export class Watch {
  constructor(
    private readonly db: Database,
    private readonly sealing: Sealing,
    private readonly bus: Bus,
    private readonly watcher: Watcher,
  ) {}

  @Errand('probe')
  async probe({ organization_id: organizationId, subject_id: probeId }: Timer, signal: AbortSignal) {
    const found = await this.db.within(organizationId, (tx) => findProbe(tx, organizationId, probeId));
    const probe = found?.is_enabled ? await this.open(organizationId, found) : null;
    if (!found || !probe) return null;
    const seen = await this.see(organizationId, found, probe, signal);
    probeLooked(found.kind, seen.outcome, seen.latencyMs / 1_000);
    await this.db.within(organizationId, async (tx) => {
      const counted = await addResult(tx, organizationId, { probeId, ...seen, replica: this.watcher.replica });
      if (counted) await this.conclude(tx, organizationId, { id: probeId, problem: seen.problem });
    });
    return probe.intervalSeconds;
  }

  /** Makes auth agree with what was concluded. What a person has switched stays, and is not asked about again. */
  @Errand('outage-switch')
  async switch({ organization_id: organizationId }: Timer): Promise<null> {
    const [conclusion, settings] = await this.db.within(organizationId, async (tx) => [
      await conclusionOf(tx, organizationId),
      await watchSettingsOf(tx, organizationId),
    ]);
    if (!conclusion || !settings.switches) return null;
    const on = conclusion.is_outage;
    const reason = on ? 'The watch found that the usual channels are down' : 'The watch found that all is well again';
    await this.bus.request(switchOutageMode, { organizationId, on, reason });
    return null;
  }

  /** What this replica sees now; nothing, when it sees the controls as little. */
  async see(organizationId: OrganizationId, { is_control }: ProbeRow, probe: Probe, signal: AbortSignal) {
    const looked = await look(probe, this.watcher.reachable, signal);
    const problem = looked.problem ?? null;
    if (looked.outcome === 'ok' || is_control || (await this.hasNetwork(organizationId, signal)))
      return { ...looked, problem };
    return { outcome: 'unknown' as const, latencyMs: looked.latencyMs, problem: 'no_network' as const };
  }

  async open(organizationId: OrganizationId, { id, probe_sealed }: ProbeRow): Promise<Probe | null> {
    return this.sealing.open<Probe>(organizationId, 'watch_probe.probe', id, probe_sealed);
  }

  /**
   * Concludes anew from what was counted; the caller has changed something about it in this transaction.
   *
   * @param seen the probe that was looked at, if that is what changed
   */
  async conclude(
    tx: Tx,
    organizationId: OrganizationId,
    seen?: { id: string; problem: ProbeProblem | null },
  ): Promise<void> {
    const before = await lockConclusion(tx, organizationId);
    const settings = await watchSettingsOf(tx, organizationId);
    const counting = (await probesOf(tx, organizationId)).filter((one) => one.is_enabled && !one.is_control);
    const states: ProbeRow['state'][] = [];
    for (const one of counting) states.push(await this.update(tx, organizationId, one, settings, seen));
    const was = { isOutage: before.is_outage, heldSeconds: before.held_seconds };
    const isOutage = isOutageNow(states, settings, was);
    if (isOutage === before.is_outage) return;
    await writeConclusion(tx, organizationId, isOutage);
    await addTransition(tx, organizationId, { probeId: null, became: isOutage ? 'outage' : 'over' });
    await setTimer(tx, organizationId, { subject_id: organizationId, kind: 'outage-switch' }, 0);
    await recordFact(tx, organizationId, {
      ...{ actor: systemSubject('watch'), action: isOutage ? 'watch.outage-found' : 'watch.outage-over' },
      object: systemSubject('watch'),
      after: { down: states.filter((state) => state === 'down').length, probes: states.length },
    });
    outageConcluded(isOutage);
  }

  private async update(
    tx: Tx,
    organizationId: OrganizationId,
    probe: ProbeRow,
    settings: WatchSettings,
    seen: { id: string; problem: ProbeProblem | null } | undefined,
  ): Promise<ProbeRow['state']> {
    const state = stateOf(probe, settings);
    if (state === probe.state) return state;
    await setState(tx, organizationId, probe.id, state);
    const problem = seen?.id === probe.id ? seen.problem : null;
    if (state !== 'unknown') await addTransition(tx, organizationId, { probeId: probe.id, became: state, problem });
    return state;
  }

  /** Asked only when something failed. Where there are no controls, there is nothing to doubt it by. */
  private async hasNetwork(organizationId: OrganizationId, signal: AbortSignal): Promise<boolean> {
    const all = await this.db.within(organizationId, (tx) => probesOf(tx, organizationId));
    const controls = all.filter(({ is_control, is_enabled }) => is_control && is_enabled);
    if (controls.length === 0) return true;
    const looked = await Promise.all(controls.map((one) => this.lookAt(organizationId, one, signal)));
    return looked.some((one) => one?.outcome === 'ok');
  }

  private async lookAt(organizationId: OrganizationId, row: ProbeRow, signal: AbortSignal): Promise<Looked | null> {
    const probe = await this.open(organizationId, row);
    return probe && look(probe, this.watcher.reachable, signal);
  }
}
