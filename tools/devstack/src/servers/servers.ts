import { isFree } from '../ports.js';
import type { StartedProcess } from '../process.js';
import { ADMIN, type Secrets, secretsOf } from '../secrets.js';
import type { Stack } from '../stack.js';
import { natsUrl, startNats } from './nats.js';
import { postgresUrl, startPostgres } from './postgres.js';
import { redisUrl, startRedis } from './redis.js';
import type { ServerContext } from './server.js';
import { BACKINGS, type Backing, type Sources, findSources } from './source.js';

export const isBacking = (name: string): name is Backing => (BACKINGS as readonly string[]).includes(name);

/** Where the servers of a stack are, for whoever may do everything. */
export interface Servers {
  postgresUrl: string;
  natsUrl: string;
  /** Absent when NATS was given by URL: its own administrator decides who is who. */
  natsAdminSeed: string | undefined;
  redisUrl: string;
}

const STARTERS: Readonly<Record<Backing, (context: ServerContext) => Promise<StartedProcess>>> = {
  postgres: startPostgres,
  nats: startNats,
  redis: startRedis,
};

export interface ServerOptions {
  say?: (line: string) => void;
  /** PostgreSQL's data directory, when it is not to be in the stack's own. */
  postgresDataDirectory?: string | undefined;
}

/** Starts what of PostgreSQL, NATS and Redis does not run yet, at the same time, and says where they are. */
export async function startServers(
  stack: Stack,
  { say = () => undefined, postgresDataDirectory }: ServerOptions = {},
): Promise<Servers> {
  const secrets = secretsOf(stack.name);
  const sources = await findSources(say);
  await Promise.all(BACKINGS.map((backing) => startServer(stack, backing, sources, secrets, postgresDataDirectory)));
  return locate(stack, sources, secrets);
}

async function startServer(
  stack: Stack,
  backing: Backing,
  sources: Sources,
  secrets: Secrets,
  dataDirectory?: string,
): Promise<void> {
  const source = sources[backing];
  if (source.kind === 'given' || stack.running(backing)) return;
  if (!(await isFree(await stack.port(backing)))) stack.forgetPort(backing);
  const port = await stack.port(backing);
  await STARTERS[backing]({ stack, secrets, source, port, dataDirectory });
}

/** Starts one server again, on the port it had. */
export async function restartServer(
  stack: Stack,
  backing: Backing,
  { postgresDataDirectory }: ServerOptions = {},
): Promise<void> {
  const sources = await findSources(() => undefined);
  await startServer(stack, backing, sources, secretsOf(stack.name), postgresDataDirectory);
}

async function locate(stack: Stack, sources: Sources, secrets: Secrets): Promise<Servers> {
  const { postgres, nats, redis } = sources;
  return {
    postgresUrl:
      postgres.kind === 'given' ? postgres.url : postgresUrl(secrets.postgresPassword, await stack.port('postgres')),
    natsUrl: nats.kind === 'given' ? nats.url : natsUrl(await stack.port('nats')),
    natsAdminSeed: nats.kind === 'given' ? undefined : secrets.nkeySeeds[ADMIN],
    redisUrl: redis.kind === 'given' ? redis.url : redisUrl(secrets.redisPassword, await stack.port('redis')),
  };
}

/** In the opposite order of need: what the others stand on goes last. */
export async function stopServers(stack: Stack): Promise<void> {
  for (const backing of ['redis', 'nats', 'postgres'] as const) await stack.stop(backing, 20_000);
}
