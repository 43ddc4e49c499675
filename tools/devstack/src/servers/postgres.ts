import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { type StartedProcess, isRunning, waitUntilReady } from '../process.js';
import { type ServerContext, START_DEADLINE_MS, containerName } from './server.js';

/** Durable as in production, sized for a developer's machine. */
const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_compression: 'on',
  max_wal_size: '2GB',
  shared_buffers: '256MB',
  max_connections: '100',
  password_encryption: 'scram-sha-256',
  log_min_duration_statement: '1000',
  log_line_prefix: '%m [%p] %u@%d ',
};
const asArgs = (settings: Readonly<Record<string, string>>) =>
  Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

export const postgresUrl = (password: string, port: number): string =>
  `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;

/** Starts PostgreSQL on loopback, with checksums and SCRAM, over the data it had before. */
export async function startPostgres(context: ServerContext): Promise<StartedProcess> {
  const url = postgresUrl(context.secrets.postgresPassword, context.port);
  const start = () =>
    context.source.kind === 'binary' ? startBinary(context, context.source.path) : startContainer(context);
  let server = start();
  try {
    await waitUntilReady(server, () => answers(url), START_DEADLINE_MS);
  } catch (error) {
    // After a kill -9 the old backends hold the shared memory for a moment, and the new server refuses to start.
    if (isRunning(server)) throw error;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    server = start();
    await waitUntilReady(server, () => answers(url), START_DEADLINE_MS);
  }
  return server;
}

function startBinary({ stack, secrets, port, dataDirectory }: ServerContext, bin: string): StartedProcess {
  const user = osUser();
  const data = dataDirectory ?? join(stack.sharedDirectory(), 'postgres');
  if (!existsSync(join(data, 'PG_VERSION'))) initialize(bin, data, secrets.postgresPassword, user);
  const settings = { ...SETTINGS, port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '' };
  return stack.start({
    name: 'postgres',
    command: join(binFor(data, bin), 'postgres'),
    args: ['-D', data, ...asArgs(settings)],
    cwd: '/',
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
    stopSignal: 'SIGINT',
    ...(user ? { user } : {}),
  });
}

function initialize(bin: string, data: string, password: string, user: OsUser | undefined): void {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  chmodSync(data, 0o700);
  const passwordFile = join(dirname(data), `.password-${process.pid}`);
  writeFileSync(passwordFile, password, { mode: 0o600 });
  try {
    if (user) for (const path of [data, passwordFile]) chownSync(path, user.uid, user.gid);
    const args = [
      '-D',
      data,
      '-U',
      'postgres',
      '-k',
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
      '--pwfile',
      passwordFile,
    ];
    const { status, stdout, stderr } = spawnSync(join(bin, 'initdb'), args, { ...user, cwd: '/', encoding: 'utf8' });
    if (status !== 0) throw new Error(`initdb failed in ${data}:\n${stdout}${stderr}`);
  } finally {
    rmSync(passwordFile);
  }
}

/** Data is read by the version that made it; Debian keeps versions side by side. */
function binFor(data: string, bin: string): string {
  const version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  const own = `/usr/lib/postgresql/${version}/bin`;
  if (existsSync(join(own, 'postgres'))) return own;
  const found = execFileSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' });
  if (found.includes(` ${version}.`)) return bin;
  throw new Error(`${data} was made by PostgreSQL ${version}, which is gone; \`npm run down -- --purge\` deletes it`);
}

interface OsUser {
  uid: number;
  gid: number;
}

/** PostgreSQL refuses to run as root: its own user then, or nobody. */
function osUser(): OsUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const entry = lines.find(([name]) => name === 'postgres') ?? lines.find(([name]) => name === 'nobody');
  if (!entry) throw new Error('PostgreSQL cannot run as root, and there is no other user: add one named postgres');
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

function startContainer({ stack, secrets, source, port, dataDirectory }: ServerContext): StartedProcess {
  if (source.kind !== 'container') throw new Error('not a container');
  const name = containerName(stack, 'postgres');
  const data = dataDirectory ?? join(stack.sharedDirectory(), 'postgres');
  mkdirSync(data, { recursive: true });
  return stack.start({
    name: 'postgres',
    command: source.engine,
    args: [
      ...['run', '--rm', '--name', name, '-p', `127.0.0.1:${port}:5432`, '-v', `${data}:/var/lib/postgresql/data`],
      ...['-e', 'POSTGRES_PASSWORD', '-e', 'POSTGRES_INITDB_ARGS=-k', source.image, ...asArgs(SETTINGS)],
    ],
    env: { ...process.env, POSTGRES_PASSWORD: secrets.postgresPassword },
    stopSignal: 'SIGINT',
    container: { engine: source.engine, name },
  });
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
