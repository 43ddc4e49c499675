import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workspace } from '../workspace.js';
import { brokenPromises } from './broken-promises.js';
import { brokenTables } from './broken-tables.js';
import { BASELINE, brokenSince, fixturePages, lastRelease } from './fixture.js';
import { promises } from './promises.js';
import { tablesOf } from './tables.js';

/** docs/releases/README.md says what to do when the first one fails. */
describe('this checkout', () => {
  it('runs beside the last release, on the same tables', () => expect(brokenSince()).toEqual([]));

  it('is compared by all it promises', () => {
    const { exchanges, routes } = promises();
    const changed = structuredClone(promises());
    for (const one of Object.values(changed.exchanges)) one.sent = { type: 'boolean' };
    const broken = brokenPromises(promises(), changed).map((line) => line.split(/[: ]/)[0]);
    expect(new Set(broken)).toEqual(new Set(Object.keys(exchanges)));
    expect(Object.keys(routes).length).toBeGreaterThan(100);
  });

  it('is compared by every column of every table', () => {
    for (const name of ['auth', 'messaging', 'alerting', 'keystore']) {
      const sql = readFileSync(join(workspace, 'docs/reference/schema', `${name}.sql`), 'utf8');
      const tables = tablesOf(sql);
      expect(tables.size).toBe(sql.match(/^CREATE TABLE /gm)?.length);
      const lines = [...sql.matchAll(/^CREATE TABLE [^]*?\n\)/gm)].flatMap(([table]) => table.match(/^ {4}["a-z_]/gm));
      expect([...tables.values()].reduce((all, { columns }) => all + columns.size, 0)).toBe(lines.length);
      expect(brokenTables(sql, '')).toHaveLength(tables.size);
    }
  });
});

describe('the fixture of a release', () => {
  const root = mkdtempSync(join(tmpdir(), 'relais-releases-'));
  const release = (name: string) => mkdirSync(join(root, 'docs/releases', name), { recursive: true });

  afterAll(() => rmSync(root, { recursive: true }));

  it('holds its contracts and the schema of each database', () => {
    expect(fixturePages('9.8.7').map(({ path }) => path)).toEqual([
      'docs/releases/9.8.7/contracts.json',
      ...['alerting', 'auth', 'keystore', 'messaging'].map((name) => `docs/releases/9.8.7/schema/${name}.sql`),
    ]);
  });

  it('counts from the highest version on, and before there is one, from the baseline', () => {
    release(BASELINE);
    expect(lastRelease(root)).toBe(BASELINE);
    for (const name of ['0.9.0', '0.10.0', '0.2.11']) release(name);
    expect(lastRelease(root)).toBe('0.10.0');
  });
});
