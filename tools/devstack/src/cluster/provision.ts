import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { provision as makeDatabases, type ServiceUrls } from '@relais/database';
import { writeJson } from '../json-file.js';
import { rolePassword } from '../secrets.js';
import type { Stack } from '../stack.js';

/** The services that own tables. */
export const DATABASE_SERVICES = ['auth', 'messaging', 'alerting'] as const;
export type DatabaseService = (typeof DATABASE_SERVICES)[number];

export type DatabaseUrls = ServiceUrls;

export async function provisionAll(stack: Stack, serverUrl: string): Promise<Record<DatabaseService, DatabaseUrls>> {
  const made: Partial<Record<DatabaseService, DatabaseUrls>> = {};
  for (const service of DATABASE_SERVICES) made[service] = await provision(stack, serverUrl, service);
  return made as Record<DatabaseService, DatabaseUrls>;
}

/** Makes a service's databases and roles, or brings what is there into the same state. */
export async function provision(stack: Stack, serverUrl: string, service: DatabaseService): Promise<DatabaseUrls> {
  const url = (role: string, name: string) =>
    Object.assign(new URL(serverUrl), {
      username: role,
      password: rolePassword(stack.name, role),
      pathname: `/${name}`,
    }).href;
  const [owner, app, database, keystore] = [
    ...[`${service}_owner`, `${service}_app`],
    ...[`relais_${service}`, `relais_${service}_keys`],
  ] as [string, string, string, string];
  const urls = {
    DATABASE_OWNER_URL: url(owner, database),
    KEYSTORE_OWNER_URL: url(owner, keystore),
    DATABASE_URL: url(app, database),
    KEYSTORE_URL: url(app, keystore),
  };
  await makeDatabases(serverUrl, urls);
  return urls;
}

/** The file with a service's root keys; made once, for without it the data is gone. */
export function kekFile(stack: Stack, service: DatabaseService): string {
  const path = join(stack.directory, `kek-${service}.json`);
  const key = () => randomBytes(32).toString('base64');
  if (!existsSync(path)) writeJson(path, { active: 1, keys: { '1': key() }, index: key() });
  return path;
}
