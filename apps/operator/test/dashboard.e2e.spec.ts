import { jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROUTES } from '@relais/contracts';
import { type ApiObject, KubeServers } from '@relais/kube-api';
import { newId } from '@relais/kernel';
import { freePort, hasMonitoring, Prometheus } from '@relais/testing';
import { Acme } from './acme.js';
import { chartObjects } from './chart.js';
import { eventually } from './eventually.js';
import { World } from './world.js';

const START_MS = 120_000;
jest.setTimeout(90_000);

const FILES = join(import.meta.dirname, '..', '..', '..', 'charts', 'relais', 'files');
const LABELS = { namespace: 'relais', release: 'relais', service: 'operator', pod: 'operator-1' };

interface Dashboard {
  panels: { title: string; targets?: { expr: string }[] }[];
}
const { panels } = JSON.parse(readFileSync(join(FILES, 'dashboards', 'operator.json'), 'utf8')) as Dashboard;
const queries = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => {
    const asked = expr.replaceAll('$namespace', 'relais').replaceAll('$release', '.*');
    return [title, asked.replaceAll('$__rate_interval', '1m').replaceAll('$__range', '1h')] as const;
  }),
);

(hasMonitoring() ? describe : describe.skip)('a Prometheus that scrapes an operator', () => {
  const servers = new KubeServers({
    definitions: chartObjects().filter(({ kind }) => kind === 'CustomResourceDefinition'),
  });
  let acme: Acme;
  let world: World;
  let prometheus: Prometheus;

  beforeAll(async () => {
    acme = await Acme.found('dashboard', ['alarm-sources:write', 'people-quota:write']);
    world = await World.open(servers);
    const port = await freePort();
    const { gateway: url, botFile } = acme;
    await world.start({
      INTERNAL_PORT: String(port),
      ALERT_ROUTES: JSON.stringify({ namespaces: ['relais'], url, webhookUrl: url, botFile }),
      ORGANIZATIONS: JSON.stringify({ url, members: [{ namespace: 'relais', botFile }] }),
    });
    const targets = [{ address: `127.0.0.1:${port}`, labels: LABELS }];
    prometheus = await Prometheus.start(targets, [join(FILES, 'rules', 'operator.yaml')]);
    await world.settled();
  }, START_MS);
  afterAll(async () => {
    await prometheus?.stop();
    await world?.close();
    await acme?.close();
    await servers.close();
  }, START_MS);

  /** One of each kind that is looked after beside policies, as asked for. */
  async function makeObjects(): Promise<void> {
    const { owner } = acme;
    const policyId = newId<never>();
    const steps = [{ targets: [{ kind: 'user' as const, userId: owner.tokens.userId }], waitSeconds: 60 }];
    await owner.call(ROUTES.putEscalationPolicy, { policyId, policy: { name: 'On call', steps } });
    await make('AlertRoute', 'shop', { policyId });
    await make('Organization', 'acme', { maxPeople: 4 });
  }
  function make(kind: string, name: string, spec: object): Promise<ApiObject> {
    const apiVersion = 'relais.io/v1alpha1';
    const path = `/apis/${apiVersion}/namespaces/relais/${kind.toLowerCase()}s`;
    return world.ask('POST', path, { apiVersion, kind, metadata: { name }, spec });
  }

  const value = async (expression: string) => (await prometheus.query(expression))[0]?.value;

  /** What a panel shows, by a label. */
  async function by(label: string, title: string): Promise<Record<string, number>> {
    const [, query = ''] = queries.find(([of]) => of === title) ?? [];
    return Object.fromEntries((await prometheus.query(query)).map(({ metric, value }) => [metric[label], value]));
  }

  it('shows a surge, routes and organizations on every panel of the dashboard, and the minimum raised within the second (E3, E5)', async () => {
    await makeObjects();
    // What grows is seen to grow only by who has seen it before.
    await eventually(async () => (await value('relais_surge_trigger_duration_seconds_count')) === 0);
    await world.alarm(499);
    await world.alarm(10_000);
    await world.raised();
    await world.ready(8);
    await eventually(async () => (await value('relais_surge_lead_time_seconds_count')) === 1);
    const empty = async () => {
      const answers = queries.map(async ([title, query]) => {
        const results = await prometheus.query(query);
        return results.some((result) => Number.isFinite(result.value)) ? [] : [title];
      });
      return (await Promise.all(answers)).flat();
    };
    await eventually(async () => (await empty()).length === 0);

    const shown = async (title: string) =>
      Promise.all(queries.flatMap(([of, query]) => (of === title ? [value(query)] : [])));
    expect(await shown('Replicas')).toEqual([8, 8]);
    expect(await shown('Raised within a second')).toEqual([1]);
    expect(await by('exported_namespace', 'Of the quota')).toEqual({ relais: 0.25 });
    for (const title of ['Routes', 'Organizations']) {
      await eventually(async () => (await by('state', title))['ready'] === 1);
      expect(await by('state', title)).toEqual({ ready: 1, failing: 0, stalled: 0 });
    }
  });

  it('has no alert of an operator that is well', async () => {
    expect(await prometheus.query('ALERTS')).toEqual([]);
  });

  it('tells of a surge that is not taken back, also while the operator fails to look at it', async () => {
    const since = new Date(Date.now() - 3_600_000).toISOString();
    await world.change({ metadata: { annotations: { 'relais.io/surge': 'paused' } } });
    await world.changeStatus({ surge: { since } });
    await eventually(
      async () => (await prometheus.query('ALERTS{alertname="RelaisSurgeStuck",alertstate="pending"}')).length === 1,
    );
    world.api.order({ method: 'GET', path: /surgepolicies\/m-gateway$/, code: 500, times: 40 });
    const failed = 'increase(relais_operator_reconcile_total{kind="SurgePolicy",result="failed"}[1m])';
    await eventually(async () => ((await value(failed)) ?? 0) > 5);

    expect(await value('relais_surge_active')).toBe(1);
    expect(await value('relais_surge_age_ratio')).toBeGreaterThan(2);
  });
});
