import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CHART, render, workspace } from './helm.js';
import { findPromtool, promtool } from './promtool.js';

interface Rule {
  expr?: string;
  alert?: string;
  record?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}
interface RuleTests {
  tests: { alert_rule_test?: { alertname: string; exp_alerts?: unknown[] }[] }[];
}

const RULES = join(CHART, 'files', 'rules');
const TESTS = join(CHART, 'tests', 'rules');
const RUNBOOKS = join(workspace, 'docs', 'operations', 'runbooks');
const REFERENCE = join(workspace, 'docs', 'reference', 'metrics.md');
const filesIn = (directory: string, suffix: string) => readdirSync(directory).filter((name) => name.endsWith(suffix));
const read = <T>(...path: string[]): T => parse(readFileSync(join(...path), 'utf8')) as T;

const ruleFiles = filesIn(RULES, '.yaml');
const testFiles = filesIn(TESTS, '.test.yaml');
const rules = ruleFiles.flatMap((file) =>
  read<{ groups: { rules: Rule[] }[] }>(RULES, file).groups.flatMap((group) => group.rules),
);
const alarms = rules.filter((rule): rule is Rule & { alert: string } => rule.alert !== undefined);
const cases = testFiles.flatMap((file) =>
  read<RuleTests>(TESTS, file).tests.flatMap((test) => test.alert_rule_test ?? []),
);

const program = findPromtool();
if (!program)
  console.log('promtool is neither here nor in a Debian package: the rules are rendered, and not evaluated');

(program ? describe : describe.skip)('promtool', () => {
  it.each(ruleFiles)('accepts %s (E4)', (file) => {
    expect(promtool(program!, ['check', 'rules', '--lint=all', '--lint-fatal', join(RULES, file)])).toMatchObject({
      ok: true,
    });
  });

  it.each(testFiles)('sees the rules do what %s says (E4)', (file) => {
    const { ok, said } = promtool(program!, ['test', 'rules', join(TESTS, file)]);
    expect(ok ? '' : said).toBe('');
  });
});

it('asks only for metrics that exist, and for nothing else of ours (E4)', () => {
  const known = new Set([...readFileSync(REFERENCE, 'utf8').matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name));
  const asked = rules.flatMap(({ expr = '' }) => [...expr.matchAll(/(?<![:\w])relais_\w+/g)].map(([name]) => name));
  const missing = asked.filter((name) => !known.has(name) && !known.has(name.replace(/_(bucket|count|sum)$/, '')));

  expect(asked.length).toBeGreaterThan(0);
  expect(missing).toEqual([]);
});

describe.each(alarms.map((alarm) => [alarm.alert, alarm] as const))('%s', (name, alarm) => {
  it('has a name of its own, a severity, a summary and a description (E4)', () => {
    expect(name).toMatch(/^Relais[A-Z][A-Za-z]+$/);
    expect(alarms.filter(({ alert }) => alert === name).length).toBeLessThanOrEqual(2);
    expect(alarm.labels?.['severity']).toMatch(/^(critical|warning|info)$/);
    expect(alarm.annotations).toMatchObject({ summary: expect.any(String), description: expect.any(String) });
  });

  it('is tested where it fires and where it is quiet (E4)', () => {
    const mine = cases.filter(({ alertname }) => alertname === name);
    expect(mine.some(({ exp_alerts: expected = [] }) => expected.length > 0)).toBe(true);
    expect(mine.some(({ exp_alerts: expected = [] }) => expected.length === 0)).toBe(true);
  });

  it('has a runbook with its four parts, which the list of runbooks leads to (E4)', () => {
    const path = join(RUNBOOKS, `${name}.md`);
    expect([name, existsSync(path)]).toEqual([name, true]);
    expect(readFileSync(join(RUNBOOKS, 'README.md'), 'utf8')).toContain(`- [${name}](${name}.md)\n`);
    const headings = [...readFileSync(path, 'utf8').matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(['Meaning', 'Impact', 'Diagnosis', 'Mitigation']);
  });
});

describe('rendered rules', () => {
  const rendered = (...set: string[]) =>
    render({ set: ['monitoring.rules.enabled=true', ...set] })
      .filter(({ kind }) => kind === 'PrometheusRule')
      .flatMap(({ spec }) => (spec.groups as { rules: Rule[] }[]).flatMap((group) => group.rules));

  it('are those of the files, each alarm with the address of its runbook (E3)', () => {
    const without = rendered('monitoring.rules.runbooks=https://runbooks.example/relais/').map((rule) => {
      if (!rule.alert) return rule;
      const { runbook_url: url, ...annotations } = rule.annotations!;
      expect(url).toBe(`https://runbooks.example/relais/${rule.alert}.md`);
      return { ...rule, annotations };
    });
    expect(without).toEqual(rules);
  });

  it('leave out what is not wanted, by name (E3)', () => {
    const [unwanted] = alarms.map(({ alert }) => alert);
    const left = rendered(`monitoring.rules.exclude={${unwanted}}`);
    expect(left.some(({ alert }) => alert === unwanted)).toBe(false);
    expect(left).toHaveLength(rules.length - alarms.filter(({ alert }) => alert === unwanted).length);
  });

  it('carry the labels by which a Prometheus finds them (E3)', () => {
    for (const { metadata } of render({
      set: ['monitoring.rules.enabled=true', 'monitoring.rules.labels.release=prometheus'],
    }).filter(({ kind }) => kind === 'PrometheusRule'))
      expect(metadata.labels).toMatchObject({ release: 'prometheus' });
  });
});
