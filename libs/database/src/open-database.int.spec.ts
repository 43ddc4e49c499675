import { type Log, silentLog } from '@relais/observability';
import { freshDatabase, TcpProxy } from '@relais/testing';
import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { aWorld, eventually, migrations, type World } from '../test/world.js';
import { awaitMigrations, databaseReadiness, migrate, migrationNames, openDatabase } from './index.js';

class Later1700000000002 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query('CREATE TABLE later (id uuid PRIMARY KEY)');
  }

  async down(): Promise<void> {}
}

describe('opening the database', () => {
  let world: World;

  beforeAll(async () => {
    world = await aWorld();
  });
  afterAll(() => world.close());

  it('bounds every wait on the server', async () => {
    const db = await world.open({ statementTimeoutMs: 1_234 });
    const names = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'tcp_user_timeout'];
    const rows: { name: string; setting: string; unit: string }[] = await db.query(
      'SELECT s.name, s.setting FROM pg_settings s WHERE s.name = ANY($1)',
      [[...names, 'application_name']],
    );

    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
      statement_timeout: '1234',
      lock_timeout: '2000',
      idle_in_transaction_session_timeout: '5000',
      tcp_user_timeout: '10000',
      application_name: 'test',
    });
  });

  it('waits for a server that is not there yet', async () => {
    const proxy = await TcpProxy.open(world.appUrl);
    await proxy.cut();
    let attempts = 0;
    const log: Log = {
      ...silentLog,
      warn: ({ event }) => void (attempts += Number(event === 'database.connect_failed')),
    };
    const opening = openDatabase({
      url: proxy.url,
      applicationName: 'early',
      poolSize: 1,
      statementTimeoutMs: 1_000,
      log,
    });
    await eventually(() => attempts >= 2);

    await proxy.restore();

    const db = await opening;
    await expect(db.query('SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
    await db.destroy();
    await proxy.close();
  });
});

describe('migrating', () => {
  it('is harmless when several do it at once: each migration runs once', async () => {
    const { ownerUrl, drop } = await freshDatabase();

    const runs = await Promise.all([1, 2, 3].map(() => migrate(ownerUrl, migrations, silentLog)));
    const again = await migrate(ownerUrl, migrations, silentLog);

    expect(runs.flat().sort()).toEqual(migrationNames(migrations).sort());
    expect(again).toEqual([]);
    await drop();
  });

  it('leaves nothing of a migration that fails, and lets the next attempt in', async () => {
    class Broken1700000000003 implements MigrationInterface {
      async up(db: QueryRunner): Promise<void> {
        await db.query('CREATE TABLE half (id uuid)');
        await db.query('SELECT broken');
      }

      async down(): Promise<void> {}
    }
    const { ownerUrl, appUrl, drop } = await freshDatabase();

    await expect(migrate(ownerUrl, [...migrations, Broken1700000000003], silentLog)).rejects.toThrow('broken');
    await migrate(ownerUrl, migrations, silentLog);

    const client = new pg.Client({ connectionString: appUrl });
    await client.connect();
    const { rows } = await client.query(`SELECT to_regclass('half') AS half, to_regclass('note') AS note`);
    expect(rows).toEqual([{ half: null, note: 'note' }]);
    await client.end();
    await drop();
  });
});

describe('the readiness of the database', () => {
  let world: World;

  beforeAll(async () => {
    world = await aWorld();
  });
  afterAll(() => world.close());

  const names = migrationNames([...migrations, Later1700000000002]);
  const check = async (url: string, options = { migrations: names, allowUnsafe: false }) =>
    databaseReadiness(await world.open({ url, poolSize: 1 }), 'postgres', options).check();

  it('names the migrations that are missing, also when there are none at all', async () => {
    const empty = await freshDatabase();
    world.onClose(() => empty.drop());

    await expect(check(world.appUrl)).rejects.toThrow('schema is behind, run the migration: Later1700000000002');
    await expect(check(empty.appUrl)).rejects.toThrow(`schema is behind, run the migration: ${names.join(', ')}`);
  });

  it('is given once they are applied', async () => {
    await migrate(world.ownerUrl, [...migrations, Later1700000000002], silentLog);

    await expect(check(world.appUrl)).resolves.toBeUndefined();
  });

  it('is waited for by who starts beside the migration, who says what is missing when it does not come', async () => {
    const empty = await freshDatabase();
    world.onClose(() => empty.drop());
    const wait = (waitSeconds: number) => awaitMigrations(empty.appUrl, names, { waitSeconds, log: silentLog });

    await expect(wait(0)).rejects.toThrow(`schema is behind, run the migration: ${names.join(', ')}`);
    const waiting = wait(30);
    await migrate(empty.ownerUrl, [...migrations, Later1700000000002], silentLog);
    await expect(waiting).resolves.toBeUndefined();
  }, 40_000);

  it('is given to an older release beside a newer one', async () => {
    await expect(
      check(world.appUrl, { migrations: migrationNames(migrations), allowUnsafe: false }),
    ).resolves.toBeUndefined();
  });

  it('is refused where commits do not reach the disk, unless that is allowed', async () => {
    const client = new pg.Client({ connectionString: world.ownerUrl });
    await client.connect();
    await client.query(`ALTER DATABASE ${new URL(world.ownerUrl).pathname.slice(1)} SET synchronous_commit = off`);
    await client.end();

    await expect(check(world.appUrl)).rejects.toThrow('would lose acknowledged data: synchronous_commit is too weak');
    await expect(check(world.appUrl, { migrations: names, allowUnsafe: true })).resolves.toBeUndefined();
  });

  it('is refused while the server is away', async () => {
    const proxy = await TcpProxy.open(world.appUrl);
    world.onClose(() => proxy.close());
    const db = await world.open({ url: proxy.url, poolSize: 1 });

    await proxy.cut();

    await expect(
      Promise.resolve(databaseReadiness(db, 'postgres', { migrations: [], allowUnsafe: true }).check()),
    ).rejects.toThrow();
  });
});
