import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { provisionAll, Stack } from '@relais/devstack';
import { check, noViolations } from '../checker/checker.js';
import { EventScan } from '../checker/event-scan.js';
import { Workload } from '../world/workload.js';
import { World } from '../world/world.js';
import { pause, seeded } from '../world/random.js';

const SCRIPTS = resolve(import.meta.dirname, '../../../k8s/backup');
const DEADLINE_MS = 300_000;
const PEOPLE = 16;
const SETTLE_MS = 60_000;
const AGE = `DO $$ BEGIN FOR i IN 1..50000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$`;
const hasPrograms = ['pg_dump', 'pg_restore', 'psql'].every(
  (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0,
);
if (!hasPrograms) console.log('the programs of PostgreSQL are not on this machine: backups are not rehearsed');

/** Backup, loss of everything, restore: on local processes, by the scripts that are for production. */
(hasPrograms ? describe : describe.skip)('an installation that has lost everything but its backup', () => {
  const home = mkdtempSync(join(tmpdir(), 'relais-backup-'));
  const backup = join(home, 'backup');
  let world: World;
  let workload: Workload;
  let secretsDirectory: string;
  let secretsBefore: Record<string, string>;
  let announcedBefore: number;

  const run = (script: string, directory: string, env: Record<string, string>) => {
    const { status, stdout, stderr } = spawnSync(join(SCRIPTS, script), [directory], {
      env: { PATH: process.env.PATH, ...env },
      encoding: 'utf8',
    });
    return { ok: status === 0, said: `${stdout}${stderr}` };
  };
  /** Without the database, which the scripts add. */
  const postgresUrl = () => world.cluster.servers.postgresUrl.replace(/\/postgres$/, '');
  const secretFiles = () => readdirSync(secretsDirectory).filter((name) => /^(secrets|kek-\w+)\.json$/.test(name));
  const secrets = () =>
    Object.fromEntries(secretFiles().map((name) => [name, readFileSync(join(secretsDirectory, name), 'utf8')]));

  beforeAll(async () => {
    world = await World.start({ name: `backup-${process.pid}`, replicas: 1 });
    // A server that has been at work for long: what it writes from now on a new one could not have written yet.
    execFileSync('psql', ['--no-psqlrc', '--quiet', '--command', AGE, world.cluster.servers.postgresUrl]);
    secretsDirectory = dirname(dirname(world.cluster.logFile('postgres')));
    workload = await Workload.start(await world.people.atLeast(PEOPLE), await world.cluster.gatewayUrls(), seeded(7));
    workload.run(100);
    await pause(3_000);
    workload.stopWriting();
    await workload.settle(SETTLE_MS);
    announcedBefore = (await new EventScan(world.cluster).announced()).size;
  }, DEADLINE_MS);

  afterAll(async () => {
    await workload?.close();
    await world?.close();
    rmSync(home, { recursive: true, force: true });
  }, DEADLINE_MS);

  it('is backed up while it runs (E9)', () => {
    secretsBefore = secrets();
    const staged = join(home, 'secrets');
    for (const name of secretFiles()) cpSync(join(secretsDirectory, name), join(staged, name));
    const { ok, said } = run('backup.sh', backup, { POSTGRES_URL: postgresUrl(), SECRETS_DIRECTORY: staged });

    expect([ok, said]).toEqual([true, expect.stringContaining('backed up')]);
    expect(readdirSync(backup).filter((name) => name.endsWith('.dump'))).toHaveLength(6);
    expect(Object.keys(secretsBefore).toSorted()).toEqual([
      ...['kek-alerting.json', 'kek-auth.json', 'kek-messaging.json', 'secrets.json'],
    ]);
  });

  it('refuses a backup that was changed or not finished, and a database that is not empty (E9)', () => {
    const changed = join(home, 'changed');
    cpSync(backup, changed, { recursive: true });
    appendFileSync(join(changed, 'relais_auth.dump'), 'x');
    const unfinished = join(home, 'unfinished');
    cpSync(backup, unfinished, { recursive: true });
    rmSync(join(unfinished, 'MANIFEST'));
    const env = { POSTGRES_URL: postgresUrl(), PARTS: 'databases' };

    expect(run('restore.sh', changed, env)).toMatchObject({ ok: false, said: expect.stringContaining('was changed') });
    expect(run('restore.sh', unfinished, env)).toMatchObject({
      ok: false,
      said: expect.stringContaining('interrupted'),
    });
    expect(run('restore.sh', backup, env)).toMatchObject({ ok: false, said: expect.stringContaining('not empty') });
  });

  it(
    'is restored on servers that have never seen it, and runs (E9)',
    async () => {
      const { cluster } = world;
      const stack = Stack.open(`backup-${process.pid}`);
      for (const { name } of cluster.replicas) await cluster.kill(name);
      for (const server of ['redis', 'nats', 'postgres']) await cluster.kill(server);
      for (const lost of ['postgres', 'nats', 'redis'])
        for (const place of [stack.directory, stack.sharedDirectory()])
          rmSync(join(place, lost), { recursive: true, force: true });
      for (const name of secretFiles()) rmSync(join(secretsDirectory, name));

      const restored = { SECRETS_DIRECTORY: secretsDirectory, PARTS: 'secrets' };
      expect(run('restore.sh', backup, restored)).toMatchObject({ ok: true });
      expect(secrets()).toEqual(secretsBefore);
      for (const server of ['postgres', 'nats', 'redis']) await cluster.startProcess(server);
      await provisionAll(stack, cluster.servers.postgresUrl);
      const { ok, said } = run('restore.sh', backup, { POSTGRES_URL: postgresUrl(), PARTS: 'databases' });
      expect([ok, said]).toEqual([true, expect.stringContaining('restored')]);
      // Once more, over what is there now.
      const again = { POSTGRES_URL: postgresUrl(), PARTS: 'databases', RESET: 'yes' };
      expect(run('restore.sh', backup, again)).toMatchObject({ ok: true });

      // All at once: each is ready only when the others are there.
      await Promise.all(cluster.replicas.map(({ name }) => cluster.startProcess(name)));
      expect(await Promise.all(cluster.replicas.map(({ name }) => cluster.isReady(name)))).toEqual(
        cluster.replicas.map(() => true),
      );
    },
    DEADLINE_MS,
  );

  it(
    'holds everything that was acknowledged, and goes on: every invariant holds (E9)',
    async () => {
      workload.run(100);
      await pause(3_000);
      workload.stopWriting();

      expect(await workload.settle(SETTLE_MS)).toBeDefined();
      const observed = { events: new EventScan(world.cluster), bugs: world.bugs() };
      expect(await check(workload, observed)).toEqual(noViolations());
      expect((await new EventScan(world.cluster).announced()).size).toBeGreaterThan(announcedBefore);
    },
    DEADLINE_MS,
  );

  it('has its streams filled again from the outbox of a server with other transactions', () => {
    const line = execFileSync('grep', ['-h', 'database.restored_from_dump', world.cluster.logFile('messaging-1')], {
      encoding: 'utf8',
    });
    expect(JSON.parse(line.trim().split('\n').at(-1)!)).toMatchObject({ count: expect.any(Number) });
  });
});
