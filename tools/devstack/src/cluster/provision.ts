import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { writeJson } from '../json-file.js';
import { rolePassword } from '../secrets.js';
import type { Stack } from '../stack.js';

/** The services that own tables. */
export const DATABASE_SERVICES = ['auth', 'messaging'] as const;
export type DatabaseService = (typeof DATABASE_SERVICES)[number];

/** How one service reaches its two databases: as the owner for migrations, as the application for everything else. */
export interface DatabaseUrls {
  DATABASE_OWNER_URL: string;
  KEYSTORE_OWNER_URL: string;
  DATABASE_URL: string;
  KEYSTORE_URL: string;
}

export async function provisionAll(stack: Stack, serverUrl: string): Promise<Record<DatabaseService, DatabaseUrls>> {
  const made: Partial<Record<DatabaseService, DatabaseUrls>> = {};
  for (const service of DATABASE_SERVICES) made[service] = await provision(stack, serverUrl, service);
  return made as Record<DatabaseService, DatabaseUrls>;
}

/** Makes a service's databases and roles, or brings what is there into the same state. */
export async function provision(stack: Stack, serverUrl: string, service: DatabaseService): Promise<DatabaseUrls> {
  const [owner, app] = [`${service}_owner`, `${service}_app`];
  const [database, keystore] = [`relais_${service}`, `relais_${service}_keys`];
  const roles = { owner, app };
  await onDatabase(serverUrl, 'postgres', async (client) => {
    await makeRole(client, owner, rolePassword(stack.name, owner));
    await makeRole(client, app, rolePassword(stack.name, app));
    for (const name of [database, keystore]) await makeDatabase(client, name, roles);
  });
  for (const name of [database, keystore]) await onDatabase(serverUrl, name, (client) => grant(client, roles));
  const url = (role: string, name: string) =>
    Object.assign(new URL(serverUrl), {
      username: role,
      password: rolePassword(stack.name, role),
      pathname: `/${name}`,
    }).href;
  return {
    DATABASE_OWNER_URL: url(owner, database),
    KEYSTORE_OWNER_URL: url(owner, keystore),
    DATABASE_URL: url(app, database),
    KEYSTORE_URL: url(app, keystore),
  };
}

interface Roles {
  owner: string;
  app: string;
}

async function onDatabase(serverUrl: string, name: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** Neither superuser nor able to pass row-level security by; what the names are built of is ours, and quoted all the same. */
async function makeRole(client: pg.Client, role: string, password: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  const verb = rowCount === 0 ? 'CREATE' : 'ALTER';
  await client.query(
    `${verb} ROLE ${pg.escapeIdentifier(role)} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION
     PASSWORD ${pg.escapeLiteral(password)}`,
  );
}

async function makeDatabase(client: pg.Client, name: string, { owner, app }: Roles): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (rowCount === 0)
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} OWNER ${pg.escapeIdentifier(owner)}`);
  await client.query(`REVOKE ALL ON DATABASE ${pg.escapeIdentifier(name)} FROM PUBLIC`);
  await client.query(`GRANT CONNECT ON DATABASE ${pg.escapeIdentifier(name)} TO ${pg.escapeIdentifier(app)}`);
}

/** On tables to come: rows may be read and written, tables may not be emptied, changed or made. */
async function grant(client: pg.Client, { owner, app }: Roles): Promise<void> {
  const defaults = `ALTER DEFAULT PRIVILEGES FOR ROLE ${pg.escapeIdentifier(owner)}`;
  const to = `TO ${pg.escapeIdentifier(app)}`;
  await client.query(`${defaults} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES ${to}`);
  await client.query(`${defaults} GRANT USAGE ON SEQUENCES ${to}`);
}

/** The file with a service's root keys; made once, for without it the data is gone. */
export function kekFile(stack: Stack, service: DatabaseService): string {
  const path = join(stack.directory, `kek-${service}.json`);
  const key = () => randomBytes(32).toString('base64');
  if (!existsSync(path)) writeJson(path, { active: 1, keys: { '1': key() }, index: key() });
  return path;
}
