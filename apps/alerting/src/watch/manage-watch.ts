import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  deleteProbe,
  listProbeResults,
  type Probe,
  type ProbeResult,
  putProbe,
  putWatchSettings,
  readWatch,
  type ShownProbe,
  tryProbe,
  WATCH,
  type WatchSettings,
} from '@relais/contracts';
import { Database } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import type { z } from 'zod';
import { Access } from '@relais/service';
import { Engine } from '../engine/engine.js';
import { setTimer } from '../engine/timers.postgres.js';
import { recordFact, systemSubject, userSubject } from '../facts/record-fact.js';
import { Sealing } from '../sealing.js';
import { findingsOf } from './findings.js';
import {
  conclusionOf,
  findProbe,
  type ProbeRow,
  probesOf,
  removeProbe,
  type ResultRow,
  resultsOf,
  watchSettingsOf,
  writeProbe,
  writeWatchSettings,
} from './probe-rows.postgres.js';
import { Watch, Watcher } from './watch.js';

/** What is looked at, in the hands of those who may switch outage mode: probes decide about it. */
@Injectable()
export class ManageWatchHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly sealing: Sealing,
    private readonly engine: Engine,
    private readonly watch: Watch,
    private readonly watcher: Watcher,
  ) {}

  @Serves(readWatch)
  async read(_: unknown, { principal }: RequestContext): Promise<z.input<typeof readWatch.output>> {
    await this.access.assertMay(principal, 'manage_break_glass');
    const { organizationId } = principal;
    const { settings, conclusion, found, last } = await this.db.within(organizationId, async (tx) => ({
      settings: await watchSettingsOf(tx, organizationId),
      conclusion: await conclusionOf(tx, organizationId),
      found: await probesOf(tx, organizationId),
      last: await resultsOf(tx, organizationId, null, 1),
    }));
    const probes: ShownProbe[] = [];
    for (const row of found) {
      const probe = await this.watch.open(organizationId, row);
      const seen = last.find(({ probe_id }) => probe_id === row.id);
      if (probe) probes.push(toShown(row, probe, seen));
    }
    return {
      ...{ settings, outage: conclusion?.is_outage ?? false, probes, findings: findingsOf(settings, probes) },
      ...(conclusion?.changed_at ? { since: conclusion.changed_at.toISOString() } : {}),
    };
  }

  @Serves(putWatchSettings)
  async putSettings({ settings }: { settings: WatchSettings }, { principal }: RequestContext): Promise<WatchSettings> {
    await this.access.assertMay(principal, 'manage_break_glass');
    const { organizationId, userId } = principal;
    await this.db.within(organizationId, async (tx) => {
      await writeWatchSettings(tx, organizationId, settings);
      await this.watch.conclude(tx, organizationId);
      // What was concluded while it only looked is made so now.
      if (settings.switches)
        await setTimer(tx, organizationId, { subject_id: organizationId, kind: 'outage-switch' }, 0);
      await recordFact(tx, organizationId, {
        ...{ actor: userSubject(userId), action: 'watch-settings.changed', object: systemSubject('watch') },
        after: { ...settings },
      });
    });
    this.engine.wake();
    return settings;
  }

  @Serves(putProbe)
  async put({ probeId, probe }: z.output<typeof putProbe.input>, { principal }: RequestContext): Promise<ShownProbe> {
    await this.access.assertMay(principal, 'manage_break_glass');
    const { organizationId, userId } = principal;
    const complete = await this.withSecret(organizationId, probeId, probe);
    const sealed = await this.sealing.seal(organizationId, 'watch_probe.probe', probeId, complete);
    const { kind } = probe.check;
    const written = await this.db.within(organizationId, async (tx) => {
      const all = await probesOf(tx, organizationId);
      if (all.length >= WATCH.probes && !all.some(({ id }) => id === probeId))
        throw putProbe.fail('too_many_probes', `there are ${WATCH.probes}: delete one`);
      const [isControl, isEnabled] = [probe.role === 'control', probe.enabled];
      await writeProbe(tx, organizationId, { id: probeId, sealed, kind, isControl, isEnabled });
      await this.watch.conclude(tx, organizationId);
      if (isEnabled) await setTimer(tx, organizationId, { subject_id: probeId, kind: 'probe' }, 0);
      await recordFact(tx, organizationId, {
        ...{ actor: userSubject(userId), action: 'watch-probe.set', object: { kind: 'probe', id: probeId } },
        after: { kind, role: probe.role, enabled: isEnabled, intervalSeconds: probe.intervalSeconds },
      });
      return (await findProbe(tx, organizationId, probeId)) as ProbeRow;
    });
    this.engine.wake();
    return toShown(written, complete, undefined);
  }

  @Serves(deleteProbe)
  async delete({ probeId }: { probeId: string }, { principal }: RequestContext): Promise<Record<string, never>> {
    await this.access.assertMay(principal, 'manage_break_glass');
    const { organizationId, userId } = principal;
    await this.db.within(organizationId, async (tx) => {
      if (!(await removeProbe(tx, organizationId, probeId))) throw deleteProbe.fail('probe_not_found');
      await this.watch.conclude(tx, organizationId);
      await recordFact(tx, organizationId, {
        ...{ actor: userSubject(userId), action: 'watch-probe.deleted', object: { kind: 'probe', id: probeId } },
      });
    });
    this.engine.wake();
    return {};
  }

  @Serves(tryProbe)
  async try({ probeId }: { probeId: string }, { principal }: RequestContext): Promise<ProbeResult> {
    await this.access.assertMay(principal, 'manage_break_glass');
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, (tx) => findProbe(tx, organizationId, probeId));
    const probe = found && (await this.watch.open(organizationId, found));
    if (!found || !probe) throw tryProbe.fail('probe_not_found');
    const seen = await this.watch.see(organizationId, found, probe, AbortSignal.timeout(24_000));
    return {
      ...{ at: new Date().toISOString(), outcome: seen.outcome, latencyMs: seen.latencyMs },
      ...(seen.problem ? { problem: seen.problem } : {}),
      replica: this.watcher.replica,
    };
  }

  @Serves(listProbeResults)
  async results({ probeId }: { probeId: string }, { principal }: RequestContext): Promise<{ items: ProbeResult[] }> {
    await this.access.assertMay(principal, 'manage_break_glass');
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, async (tx) => {
      if (!(await findProbe(tx, organizationId, probeId))) throw listProbeResults.fail('probe_not_found');
      return resultsOf(tx, organizationId, probeId, WATCH.keptResults);
    });
    return { items: found.map(toResult) };
  }

  /** A secret is said once and kept when the probe is put again without it. */
  private async withSecret(organizationId: OrganizationId, probeId: string, probe: Probe): Promise<Probe> {
    const { check } = probe;
    if (check.kind !== 'graph' || check.clientSecret !== undefined) return probe;
    const before = await this.db.within(organizationId, (tx) => findProbe(tx, organizationId, probeId));
    const known = before && (await this.watch.open(organizationId, before));
    // Kept for the same application at the same places alone: it is sent nowhere else than it was given for.
    const isSame =
      known?.check.kind === 'graph' &&
      known.check.clientId === check.clientId &&
      known.check.tenantId === check.tenantId &&
      known.check.loginUrl === check.loginUrl;
    if (!isSame || known.check.kind !== 'graph' || known.check.clientSecret === undefined)
      throw putProbe.fail('client_secret_missing', 'say the secret of the application');
    return { ...probe, check: { ...check, clientSecret: known.check.clientSecret } };
  }
}

function toShown(row: ProbeRow, probe: Probe, last: ResultRow | undefined): ShownProbe {
  const { check } = probe;
  const { clientSecret: _, ...shown } = check.kind === 'graph' ? check : { ...check, clientSecret: undefined };
  return {
    ...{ id: row.id, probe: { ...probe, check: shown as Probe['check'] }, state: row.state },
    ...{ failedInARow: row.failed_in_row, succeededInARow: row.succeeded_in_row },
    ...(last ? { last: toResult(last) } : {}),
  };
}

const toResult = ({ at, outcome, latency_ms, problem, replica }: ResultRow): ProbeResult => ({
  ...{ at: at.toISOString(), outcome, latencyMs: latency_ms, replica },
  ...(problem ? { problem } : {}),
});
