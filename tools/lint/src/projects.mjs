import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const PLATFORM = ['bus', 'cluster', 'config', 'crypto', 'database', 'observability', 'redis', 'security', 'service'];
const PRODUCT = ['kernel', 'contracts', ...PLATFORM];

/** All services in one process: the only place that imports apps, and nothing of them but their services. */
const TOGETHER = 'apps/standalone';

/** Answers nobody, and comes in as a bot by the API: a client of the services that runs beside them. */
const CLIENT = 'apps/operator';

/**
 * The libs a project's own code may import. `null` means any lib and any tool; nobody but
 * `TOGETHER` imports an app.
 * Specs may use everything a lib or a tool offers.
 */
const allowedFor = (project) => {
  if (project === 'libs/kernel') return [];
  if (project === 'libs/contracts') return ['kernel'];
  if (project === 'libs/sdk') return ['kernel', 'contracts'];
  if (project === CLIENT) return [...PRODUCT, 'sdk'];
  if (project.startsWith('libs/') || project.startsWith('apps/')) return PRODUCT;
  return null;
};

/** `libs/bus/src/x.ts` → `libs/bus`; null for a file that belongs to no project. */
export const projectOf = (path) => /^(?:(?:apps|libs|tools)\/[^/]+|load-tests)(?=\/)/.exec(path)?.[0] ?? null;

/** Whether `project` may import the package `@relais/<name>` in code that ships. */
export const mayImport = (project, name, root) => {
  if (existsSync(join(root, 'apps', name))) return project === TOGETHER;
  return allowedFor(project)?.includes(name) ?? true;
};

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** The `@relais/*` packages a project declares, without the scope. */
export const declaredBy = (root, project) => {
  const path = join(root, project, 'package.json');
  if (!existsSync(path)) return [];
  return Object.keys(readJson(path).dependencies ?? {})
    .filter(isOurs)
    .map((name) => name.slice('@relais/'.length));
};

/** Whether a lib has a door of this name beside its index, such as `/events`: one that its package.json exports. */
export const offers = (root, name, rest) => {
  const path = join(root, 'libs', name, 'package.json');
  return existsSync(path) && `.${rest}` in (readJson(path).exports ?? {});
};

const isOurs = (name) => name.startsWith('@relais/');

const foldersIn = (root, group) =>
  existsSync(join(root, group)) ? readdirSync(join(root, group)).map((name) => `${group}/${name}`) : [];

/** What is wrong with the package.json files themselves: a forbidden direction, or a cycle. */
export const checkProjects = (root) => {
  const projects = ['apps', 'libs', 'tools'].flatMap((group) => foldersIn(root, group));
  const edges = new Map(projects.map((project) => [project.split('/')[1], declaredBy(root, project)]));
  return [...projects.flatMap((project) => forbidden(root, project)), ...cycles(edges)];
};

const forbidden = (root, project) =>
  declaredBy(root, project)
    .filter((name) => project !== 'libs/testing' && (name === 'testing' || !mayImport(project, name, root)))
    .map((name) => `${project}/package.json: may not depend on @relais/${name}`);

const cycles = (edges) => {
  const done = new Set();
  const found = [];
  const visit = (name, path) => {
    if (path.includes(name)) {
      found.push(`cycle between projects: ${[...path.slice(path.indexOf(name)), name].join(' → ')}`);
      return;
    }
    if (done.has(name)) return;
    for (const next of edges.get(name) ?? []) visit(next, [...path, name]);
    done.add(name);
  };
  for (const name of edges.keys()) visit(name, []);
  return found;
};
