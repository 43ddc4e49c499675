import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { testPostgres } from './servers.js';
import { uniqueName } from './unique-name.js';

export interface FreshDatabase {
  name: string;
  /** Owns the database; runs migrations. */
  ownerUrl: string;
  /** What a service connects as: reads and writes rows of the owner's tables, and nothing else. */
  appUrl: string;
  /** Ends all connections and removes the database and its roles. */
  drop(): Promise<void>;
}

/** Makes an empty database for one test file, with an owner and an application role as in production. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const server = testPostgres();
  const name = uniqueName();
  const [owner, app] = [`${name}_owner`, `${name}_app`];
  const password = randomBytes(12).toString('hex');
  await onServer(server, [
    `CREATE ROLE ${owner} LOGIN PASSWORD '${password}'`,
    `CREATE ROLE ${app} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD '${password}'`,
    `CREATE DATABASE ${name} OWNER ${owner}`,
    `REVOKE ALL ON DATABASE ${name} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${name} TO ${app}`,
  ]);
  const ownerUrl = urlOf(server, { name, user: owner, password });
  await onServer(ownerUrl, [
    `ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${app}`,
    `ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO ${app}`,
  ]);
  const drop = () => onServer(server, [`DROP DATABASE ${name} WITH (FORCE)`, `DROP ROLE ${owner}, ${app}`]);
  return { name, ownerUrl, appUrl: urlOf(server, { name, user: app, password }), drop };
}

function urlOf(server: string, { name, user, password }: { name: string; user: string; password: string }): string {
  const url = new URL(server);
  return Object.assign(url, { pathname: `/${name}`, username: user, password }).href;
}

/** One statement after the other, each its own transaction: CREATE DATABASE knows no other way. */
async function onServer(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
