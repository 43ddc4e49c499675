import { statSync } from 'node:fs';
import pg from 'pg';
import { bindToProcess } from '../owner.js';
import { ended, signal } from '../process.js';
import { type Servers, restartServer, startServers, stopServers } from '../servers/servers.js';
import { Stack } from '../stack.js';
import { type DatabaseUrls, kekFile, provision } from './provision.js';

describe('the servers of a stack and the databases in them', () => {
  const stack = Stack.open(`provision-${process.pid}`);
  let servers: Servers;
  let auth: DatabaseUrls;
  let messaging: DatabaseUrls;

  beforeAll(async () => {
    bindToProcess(stack, process.pid);
    servers = await startServers(stack);
    auth = await provision(stack, servers.postgresUrl, 'auth');
    messaging = await provision(stack, servers.postgresUrl, 'messaging');
    await ask(auth.DATABASE_OWNER_URL, 'CREATE TABLE note (id integer GENERATED ALWAYS AS IDENTITY, body text)');
  }, 60_000);

  afterAll(async () => {
    await stopServers(stack);
    stack.purge();
  }, 60_000);

  async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query(sql).finally(() => client.end());
    return rows as Record<string, unknown>[];
  }

  it('are as durable as in production', async () => {
    const settings = ['fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums'].map(
      (name) => `current_setting('${name}') AS ${name}`,
    );

    const [found] = await ask(servers.postgresUrl, `SELECT ${settings.join(', ')}`);

    expect(found).toEqual({ fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on', data_checksums: 'on' });
  });

  it('give the application rows of its own service and nothing more', async () => {
    await ask(auth.DATABASE_URL, `INSERT INTO note (body) VALUES ('hello')`);

    await expect(ask(auth.DATABASE_URL, 'TRUNCATE note')).rejects.toThrow('permission denied');
    await expect(ask(auth.DATABASE_URL, 'CREATE TABLE other ()')).rejects.toThrow('permission denied');
    expect(
      await ask(auth.DATABASE_URL, 'SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user'),
    ).toEqual([{ rolsuper: false, rolbypassrls: false }]);
  });

  it('keep each service out of the databases of the other (A-55)', async () => {
    const strangers = [auth.DATABASE_URL, auth.DATABASE_OWNER_URL].flatMap((url) =>
      [messaging.DATABASE_URL, messaging.KEYSTORE_URL].map(
        (target) => Object.assign(new URL(url), { pathname: new URL(target).pathname }).href,
      ),
    );

    for (const url of strangers) await expect(ask(url, 'SELECT 1')).rejects.toThrow('permission denied for database');
  });

  it('are found as they were when provisioned again', async () => {
    expect(await provision(stack, servers.postgresUrl, 'auth')).toEqual(auth);
    expect(await ask(auth.DATABASE_URL, 'SELECT body FROM note')).toEqual([{ body: 'hello' }]);
  });

  it('have everything that was committed after PostgreSQL was killed', async () => {
    const postgres = stack.running('postgres');
    if (!postgres) throw new Error('PostgreSQL does not run');
    signal(postgres, 'SIGKILL');
    await ended(postgres, 5_000);

    await restartServer(stack, 'postgres');

    expect(await ask(auth.DATABASE_URL, 'SELECT body FROM note')).toEqual([{ body: 'hello' }]);
  }, 60_000);

  it('keep the root keys of a service for its owner only, and never make them anew', () => {
    const path = kekFile(stack, 'auth');
    const before = statSync(path);

    expect(kekFile(stack, 'auth')).toBe(path);
    expect(statSync(path).mtimeMs).toBe(before.mtimeMs);
    expect(before.mode & 0o077).toBe(0);
  });
});
