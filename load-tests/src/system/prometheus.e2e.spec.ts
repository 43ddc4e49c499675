import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { hasMonitoring, Prometheus } from '@relais/testing';
import { Workload } from '../world/workload.js';
import { World } from '../world/world.js';
import { seeded } from '../world/random.js';
import { eventually } from './system.js';

const DEADLINE_MS = 240_000;
const FILES = resolve(import.meta.dirname, '../../../charts/relais/files');
const PEOPLE = 16;
const COUNTED = /\brelais_\w+_(total|count|bucket)\b(\{[^}]*\})?/g;
/** The budget of a pod. */
const MOST_SERIES = { gateway: 1_500, other: 800 };
const NAMESPACE = 'relais';

interface Dashboard {
  panels: { targets?: { expr: string }[] }[];
}
// The operator needs a Kubernetes; apps/operator/test asks it the questions of its own dashboard.
const queries = readdirSync(join(FILES, 'dashboards'))
  .filter((name) => name !== 'operator.json')
  .map((name) => JSON.parse(readFileSync(join(FILES, 'dashboards', name), 'utf8')) as Dashboard)
  .flatMap(({ panels }) => panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)))
  .map((expression) =>
    expression
      .replaceAll('$namespace', NAMESPACE)
      .replaceAll('$release', '.*')
      .replaceAll('$__rate_interval', '1m')
      .replaceAll('$__range', '1h'),
  );
/** What rules look for growth in, as they ask for it. */
const counted = new Set(
  readdirSync(join(FILES, 'rules'))
    .flatMap((name) => readFileSync(join(FILES, 'rules', name), 'utf8').match(COUNTED) ?? [])
    .sort(),
);
/** The metrics of an expression, a histogram by its own name; recorded rules have colons. */
const metricsIn = (expression: string): string[] =>
  [...expression.replaceAll(/"[^"]*"/g, '').matchAll(/\b(?:relais|nodejs|process)_\w+/g)].map(([name]) =>
    name.replace(/_(bucket|count|sum)$/, ''),
  );

if (!hasMonitoring()) console.log('Prometheus is not on this machine: nothing real looks at the metrics');

(hasMonitoring() ? describe : describe.skip)('a Prometheus that scrapes two replicas of each service', () => {
  let world: World;
  let workload: Workload;
  let prometheus: Prometheus;
  /** Of what rules look for growth in, before anybody has done anything. */
  const absentAtStart: string[] = [];

  beforeAll(async () => {
    world = await World.start({ name: `prometheus-${process.pid}` });
    const targets = world.cluster.replicas.map(async ({ name, service }) => ({
      address: new URL(await world.cluster.internalUrl(name)).host,
      labels: { namespace: NAMESPACE, release: 'relais', service, pod: name },
    }));
    prometheus = await Prometheus.start(await Promise.all(targets), [join(FILES, 'rules', '*.yaml')]);
    await eventually(async () => (await prometheus.query('up == 1')).length === targets.length, 30_000);
    for (const query of counted) if ((await prometheus.query(query)).length === 0) absentAtStart.push(query);
    const sessions = await world.people.atLeast(PEOPLE);
    workload = await Workload.start(sessions, await world.cluster.gatewayUrls(), seeded(1));
    workload.run(50);
    // Rates need two looks.
    await eventually(
      async () => (await rated('relais:accept:ratio_rate5m')) && (await rated('relais:delivery:ratio_rate5m')),
      60_000,
    );
  }, DEADLINE_MS);

  afterAll(async () => {
    await workload?.close();
    await prometheus?.stop();
    await world?.close();
  }, DEADLINE_MS);

  const rated = async (record: string) => (await prometheus.query(record)).some(({ value }) => value > 0);

  it('finds every target up (E3)', async () => {
    const up = await prometheus.query('up');

    expect(up.map(({ metric }) => metric['pod']).sort()).toEqual(world.cluster.replicas.map(({ name }) => name).sort());
    expect(up.filter(({ value }) => value !== 1)).toEqual([]);
  });

  it('has loaded every rule, and evaluates all of them (E4)', async () => {
    const { groups } = await prometheus.ask<{ groups: { file: string; rules: Rule[] }[] }>('rules');
    const rules = groups.flatMap((group) => group.rules);

    expect(new Set(groups.map(({ file }) => file)).size).toBe(readdirSync(join(FILES, 'rules')).length);
    expect(rules.filter(({ health, lastError }) => health !== 'ok' || lastError)).toEqual([]);
  });
  interface Rule {
    name: string;
    health: string;
    lastError?: string;
  }

  it('has counted nothing yet, rather than not at all, of whatever an alert looks for growth in', () => {
    expect(counted.size).toBeGreaterThan(20);
    expect(absentAtStart).toEqual([]);
  });

  it('has no alert of a system that is well, but for what a busy machine and a missing watchdog are told of', async () => {
    const excused = [
      ...['RelaisAlarmWatchdogAbsent', 'RelaisEventLoopLag', 'RelaisReconnectStorm'],
      ...['RelaisAcceptSlow', 'RelaisDeliverySlowBudgetBurn', 'RelaisConnectErrorBudgetBurn'],
    ];
    const firing = await prometheus.query('ALERTS{alertstate="firing"}');

    expect(firing.filter(({ metric }) => !excused.includes(metric['alertname'] ?? ''))).toEqual([]);
  });

  it('keeps every replica within its budget of series, under load', async () => {
    const series = await prometheus.query(
      'count by (pod, service) ({pod=~".+",__name__!~"up|scrape_.+|relais:.+|ALERTS.*"})',
    );

    expect(series).toHaveLength(world.cluster.replicas.length);
    const tooMany = series.filter(
      ({ metric, value }) => value > (metric['service'] === 'gateway' ? MOST_SERIES.gateway : MOST_SERIES.other),
    );
    expect(tooMany).toEqual([]);
  });

  it('knows every metric that a dashboard asks for, and answers every question of theirs (E5)', async () => {
    const known = await prometheus.ask<Record<string, unknown>>('metadata');
    const missing = new Set(queries.flatMap(metricsIn).filter((name) => !known[name]));

    expect([...missing]).toEqual([]);
    for (const query of new Set(queries)) await prometheus.query(query);
  });

  it('shows something on the panels of what is always there (E3)', async () => {
    const always = queries.filter((query) =>
      /relais_gateway_connections\{|relais_messages_accepted|build_info|process_/.test(query),
    );
    const empty: string[] = [];
    for (const query of new Set(always)) if ((await prometheus.query(query)).length === 0) empty.push(query);

    expect(always.length).toBeGreaterThan(10);
    // Nothing is refused here.
    expect(empty.filter((query) => !query.includes('outcome!="ok"'))).toEqual([]);
  });

  it(
    'tells of a service that is gone, by its name',
    async () => {
      await world.cluster.stop('alerting-1');
      await world.cluster.stop('alerting-2');

      await eventually(async () => {
        const { alerts } = await prometheus.ask<{ alerts: { labels: Record<string, string> }[] }>('alerts');
        return alerts.some(
          ({ labels }) => labels['alertname'] === 'RelaisMetricsAbsent' && labels['service'] === 'alerting',
        );
      }, 60_000);
    },
    DEADLINE_MS,
  );
});
