import { pathToFileURL } from 'node:url';
import type { ServiceName } from '@relais/contracts';
import { HERE } from '../cluster/cluster-options.js';
import { OWN_NAMES, programOf } from '../cluster/replica.js';
import { type Table, parseSettings } from './parse-settings.js';
import type { Setting } from './setting.js';

/** What `--set` was given, by the tables of the services as they are built. @throws Error that says what is wrong with it */
export async function readSettings(given: readonly string[]): Promise<Setting[]> {
  if (given.length === 0) return [];
  const tables = await Promise.all(HERE.map(async (service) => [service, await tableOf(service)] as const));
  return parseSettings(given, new Map<string, Table>(tables), OWN_NAMES);
}

const tableOf = async (service: ServiceName): Promise<Table> => {
  const { env } = (await import(pathToFileURL(programOf(service, 'config')).href)) as { env: Table };
  return env;
};
