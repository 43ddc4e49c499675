import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Page, REFERENCE } from '../page.js';
import { workspace } from '../workspace.js';
import { brokenPromises } from './broken-promises.js';
import { brokenTables } from './broken-tables.js';
import { type Promises, promises } from './promises.js';

const FOLDER = 'docs/releases';
/** Until there is a release, what is compared with. */
export const BASELINE = 'unreleased';
export const VERSION = /^\d+\.\d+\.\d+$/;

/** One folder per release: its contracts and the schemas of its databases, never changed afterwards. */
export const fixturePages = (release: string): Page[] => [
  { path: `${FOLDER}/${release}/contracts.json`, text: `${JSON.stringify(promises(), null, 1)}\n` },
  ...schemaFiles(REFERENCE).map((name) => ({
    path: `${FOLDER}/${release}/schema/${name}`,
    text: read(join(REFERENCE, 'schema', name)),
  })),
];

/** The last release that left its fixture here, else the baseline. */
export function lastRelease(root = workspace): string {
  const releases = readdirSync(join(root, FOLDER)).filter((name) => VERSION.test(name));
  const numbers = (version: string) => version.split('.').map(Number) as [number, number, number];
  const [last] = releases.sort((one, other) => {
    const [a, b] = [numbers(one), numbers(other)];
    return b[0] - a[0] || b[1] - a[1] || b[2] - a[2];
  });
  return last ?? BASELINE;
}

/** What the services of the last release would miss beside this checkout's contracts and on its tables. */
export function brokenSince(release = lastRelease()): string[] {
  const folder = join(FOLDER, release);
  const contracts = JSON.parse(read(join(folder, 'contracts.json'))) as Promises;
  const tables = schemaFiles(folder).flatMap((name) => {
    const now = join(REFERENCE, 'schema', name);
    if (!existsSync(join(workspace, now))) return [`${name}: the whole database is gone`];
    return brokenTables(read(join(folder, 'schema', name)), read(now)).map((line) => `${name}: ${line}`);
  });
  return [...brokenPromises(contracts, promises()), ...tables];
}

const read = (path: string): string => readFileSync(join(workspace, path), 'utf8');
const schemaFiles = (folder: string): string[] => readdirSync(join(workspace, folder, 'schema')).sort();
