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

interface Declaration {
  name: string;
  /** `libs/bus` and the like. */
  project: string;
  /** The compiled module that puts it into the registry. */
  module: string;
}

/** Every metric that the sources declare, so that none is forgotten. */
const declarations = (): Declaration[] => {
  const projects = ['apps', 'libs'].flatMap((group) =>
    readdirSync(join(workspace, group)).map((name) => `${group}/${name}`),
  );
  return projects.sort().flatMap(declaredIn);
};

const declaredIn = (project: string): Declaration[] => {
  const root = join(workspace, project, 'src');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(DECLARED)].map(([, name = '']) => ({
        name,
        project,
        module: `${project}/dist/${file.replace(/\.ts$/, '.js')}`,
      })),
    );
};

/** Modules that declare metrics and are not built. */
export const unbuiltMetrics = (): string[] => [
  ...new Set(declarations().flatMap(({ module }) => (isBuilt(module) ? [] : [module]))),
];

/** Every metric of the product by where it is declared, with what the registry behind /metrics knows of it. */
export const metrics = async (): Promise<Page> => {
  const declared = declarations();
  const observability = await built('libs/observability/dist/index.js');
  startProcessMetrics(observability);
  for (const { module } of declared) await built(module);
  const registered = (observability.metrics as Registry).getMetricsAsArray();
  const missing = declared.filter(({ name }) => !registered.some((metric) => metric.name === name));
  if (missing.length > 0) throw new Error(`declared but not registered: ${missing.map(({ name }) => name).join(', ')}`);
  const projectOf = new Map(declared.map(({ name, project }) => [name, project]));
  const sections = [...new Set(declared.map(({ project }) => project))].flatMap((project) => [
    `## ${project}`,
    tableOf(registered.filter(({ name }) => projectOf.get(name) === project)),
  ]);
  return page(
    'metrics.md',
    document(
      'Metrics',
      'What `/metrics` on the internal port tells. A service has the metrics of its own section and of the libs it is made of. Labels have few values, and none is the id of a person or a thing.',
      ...sections,
      '## Node.js and the process',
      tableOf(registered.filter(({ name }) => !projectOf.has(name))),
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
