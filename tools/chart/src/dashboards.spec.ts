import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type Dashboard, expressionsOf, metricsIn, withoutVariables } from './dashboards.js';
import { CHART, render, workspace } from './helm.js';
import { findPromtool, promtool } from './promtool.js';

const FILES = join(CHART, 'files');
const REFERENCE = join(workspace, 'docs', 'reference', 'metrics.md');
const names = readdirSync(join(FILES, 'dashboards'));
const read = (name: string) => JSON.parse(readFileSync(join(FILES, 'dashboards', name), 'utf8')) as Dashboard;
const dashboards = names.map((name) => [name, read(name)] as const);
const rules = readdirSync(join(FILES, 'rules'))
  .map((name) => parse(readFileSync(join(FILES, 'rules', name), 'utf8')) as { groups: { rules: Rule[] }[] })
  .flatMap(({ groups }) => groups.flatMap((group) => group.rules));
interface Rule {
  alert?: string;
  record?: string;
}
const alerts = rules.flatMap(({ alert }) => alert ?? []);
const records = new Set(rules.flatMap(({ record }) => record ?? []));

/** The labels of each metric that the reference lists. */
const labelsOf = new Map(
  [...readFileSync(REFERENCE, 'utf8').matchAll(/^\| `(\w+)` \| \w+ \| (.*?) \|/gm)].map(
    ([, name = '', labels = '']) => [name, new Set([...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label))],
  ),
);
/** Those of the target, of histograms and of dashboards themselves. What a metric itself calls so, Prometheus calls `exported_…`. */
const ADDED = new Set(['namespace', 'release', 'service', 'pod', 'le']);

it('has nine dashboards with addresses of their own (E3)', () => {
  expect(dashboards).toHaveLength(9);
  expect(new Set(dashboards.map(([, { uid }]) => uid)).size).toBe(9);
});

describe.each(dashboards)('%s', (_, dashboard) => {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');

  it('lets one choose the data source, the namespace and the release, and asks for nothing when it is loaded (E3)', () => {
    expect(dashboard).not.toHaveProperty('__inputs');
    expect(dashboard).not.toHaveProperty('id');
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(['datasource', 'namespace', 'release']);
  });

  it('says of each panel what it shows, and in which unit', () => {
    for (const { title, description, fieldConfig, datasource } of panels) {
      expect([title, description?.length]).toEqual([title, expect.any(Number)]);
      expect(fieldConfig?.defaults.unit).toMatch(/^\w+$/);
      expect(datasource?.uid).toBe('${datasource}');
    }
  });

  it('lays its panels beside and below each other, none on another', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_cell, index) => `${x + (index % w)}:${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(dashboard.panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  it('asks only for metrics of the reference and for rules that record, by labels that they have (E5)', () => {
    const unknown = expressionsOf(dashboard).flatMap((expression) =>
      metricsIn(expression).filter((metric) => !labelsOf.has(metric) && !records.has(metric)),
    );
    expect(unknown).toEqual([]);
    const strange = expressionsOf(dashboard).flatMap((expression) => {
      const own = metricsIn(expression).flatMap((metric) => [...(labelsOf.get(metric) ?? [])]);
      const known = new Set(own.map((label) => (ADDED.has(label) ? `exported_${label}` : label)));
      return [...expression.matchAll(/\bby \(([^)]+)\)|(\w+)(?:=~|!~|!=|=)"/g)]
        .flatMap(([, grouped, matched]) => grouped?.split(', ') ?? [matched as string])
        .filter((label) => !known.has(label) && !ADDED.has(label) && !expression.startsWith('ALERTS'))
        .map((label) => `${label} in ${expression}`);
    });
    expect(strange).toEqual([]);
  });
});

const program = findPromtool();
(program ? it : it.skip)('asks in words that Prometheus understands (E5)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'relais-dashboards-'));
  try {
    const asked = [...new Set(dashboards.flatMap(([, dashboard]) => expressionsOf(dashboard)))];
    const file = join(folder, 'rules.yaml');
    const recorded = asked.map((expr, index) => ({ record: `query_${index}`, expr: withoutVariables(expr) }));
    writeFileSync(file, stringify({ groups: [{ name: 'dashboards', rules: recorded }] }));
    const { ok, said } = promtool(program!, ['check', 'rules', file]);
    expect(ok ? '' : said).toBe('');
    expect(said).toContain(`${asked.length} rules found`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe('rendered', () => {
  const rendered = (...set: string[]) => render({ set });

  it('are one ConfigMap each, found by the label of the sidecar, and none unless they are wanted (E3)', () => {
    const maps = rendered('monitoring.dashboards.enabled=true').filter(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.labels?.['grafana_dashboard'] === '1',
    ) as unknown as { data: Record<string, string> }[];
    expect(maps.map(({ data }) => Object.keys(data))).toEqual([...names].sort().map((name) => [name]));
    for (const { data } of maps)
      for (const [name, text] of Object.entries(data)) expect(JSON.parse(text)).toEqual(read(name));
    expect(rendered().some(({ metadata }) => metadata.labels?.['grafana_dashboard'])).toBe(false);
  });

  it('are where each alarm leads, once it is known where Grafana is (E3)', () => {
    const urls = rendered('monitoring.rules.enabled=true', 'monitoring.rules.grafanaUrl=https://grafana.example/')
      .filter(({ kind }) => kind === 'PrometheusRule')
      .flatMap(({ spec }) => spec.groups as { rules: (Rule & { annotations: Record<string, string> })[] }[])
      .flatMap((group) => group.rules.filter(({ alert }) => alert))
      .map(({ annotations }) => annotations['dashboard_url']);
    const known = new Set(dashboards.map(([, { uid }]) => `https://grafana.example/d/${uid}`));

    expect(urls).toHaveLength(alerts.length);
    expect(urls.filter((url) => !known.has(url ?? ''))).toEqual([]);
  });

  it('belong to alarms that exist', () => {
    const belongs = JSON.parse(readFileSync(join(FILES, 'dashboard-of-alert.json'), 'utf8')) as Record<string, string>;
    expect(Object.keys(belongs).filter((alert) => !alerts.includes(alert))).toEqual([]);
  });

  it('choose by labels that the PodMonitor puts on every series (E3)', () => {
    const [monitor] = rendered('monitoring.podMonitor.enabled=true').filter(({ kind }) => kind === 'PodMonitor');
    const [endpoint] = monitor!.spec.podMetricsEndpoints as { relabelings: { targetLabel: string }[] }[];
    expect(endpoint!.relabelings.map(({ targetLabel }) => targetLabel)).toEqual(['release', 'service']);
  });
});
