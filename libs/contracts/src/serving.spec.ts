import { globSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import * as contracts from './index.js';
import { type RequestContract, REQUESTS, serviceOf } from './index.js';

const apps = join(import.meta.dirname, '../../../apps');

/** Where the sources of the apps say `@Serves(name)`: the app, once for each time. */
function doorsOf(name: string): string[] {
  return globSync('*/src/**/*.ts', { cwd: apps }).flatMap((path) => {
    const times = readFileSync(join(apps, path), 'utf8').split(`@Serves(${name})`).length - 1;
    return Array.from({ length: times }, () => path.split(sep)[0] as string);
  });
}

const nameOf = (contract: RequestContract) =>
  Object.entries(contracts).find(([, value]) => value === contract)?.[0] ?? contract.subject;

describe('every request', () => {
  it.each(REQUESTS.map((contract) => [nameOf(contract), contract] as const))(
    '%s is served by one method of its service',
    (name, contract) => {
      expect(doorsOf(name)).toEqual([serviceOf(contract)]);
    },
  );
});
