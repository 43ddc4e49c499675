import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { code, codes, document, table } from './markdown.js';
import { type Page, page } from './page.js';
import { built, isBuilt, workspace } from './workspace.js';

interface Metric {
  name: string;
  help: string;
  type: string;
  labelNames: readonly string[];
}
interface Registry {
  getMetricsAsArray(): Metric[];
}

const DECLARED = /\b(?:counter|gauge|histogram)\(\s*'(relais_\w+)'/g;

/** The compiled modules that declare metrics, found in the sources so that none is forgotten; `libs/bus` and the like. */
const places = (): Map<string, string[]> => {
  const projects = ['libs', 'apps'].flatMap((group) =>
    readdirSync(join(workspace, group)).map((name) => `${group}/${name}`),
  );
  return new Map(projects.sort().map((project) => [project, declaringModules(project)]));
};

const declaringModules = (project: string): string[] =>
  readdirSync(join(workspace, project, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .filter((file) => readFileSync(join(workspace, project, 'src', file), 'utf8').search(DECLARED) >= 0)
    .map((file) => `${project}/dist/${file.replace(/\.ts$/, '.js')}`)
    .sort();

/** Modules that declare metrics and are not built. */
export const unbuiltMetrics = (): string[] => [...places().values()].flat().filter((module) => !isBuilt(module));

/** Every metric of the product by where it is declared, from the registry that /metrics is made of. */
export const metrics = async (): Promise<Page> => {
  const observability = await built('libs/observability/dist/index.js');
  const registry = observability.metrics as Registry;
  const sections: string[] = [];
  const told = new Set<string>();
  for (const [project, modules] of places()) {
    for (const module of modules) await built(module);
    if (project === 'libs/observability') startProcessMetrics(observability);
    const fresh = registry.getMetricsAsArray().filter(({ name }) => name.startsWith('relais_') && !told.has(name));
    if (fresh.length > 0) sections.push(`## ${project}`, tableOf(fresh));
    for (const { name } of fresh) told.add(name);
  }
  const standard = registry.getMetricsAsArray().filter(({ name }) => !told.has(name));
  return page(
    'metrics.md',
    document(
      'Metrics',
      'What `/metrics` on the internal port tells. A service has the metrics of its own section and of the libs it is made of. Labels have few values, and none is the id of a person or a thing.',
      ...sections,
      '## Node.js and the process',
      tableOf(standard),
    ),
  );
};

const startProcessMetrics = (observability: Readonly<Record<string, unknown>>): void =>
  (observability.startProcessMetrics as (version: string, revision: string) => void)('', '');

const tableOf = (metrics: readonly Metric[]): string =>
  table(
    ['name', 'type', 'labels', 'meaning'],
    metrics
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, type, labelNames, help }) => [code(name), type, codes(labelNames), help]),
  );
