import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ServiceName } from '@relais/contracts';
import { ROOT } from '../paths.js';
import type { Secrets } from '../secrets.js';
import type { Servers } from '../servers/servers.js';
import { settingsOf } from '../settings/kept-settings.js';
import { environmentFor } from '../settings/setting.js';
import type { Stack } from '../stack.js';
import { DATABASE_SERVICES, type DatabaseService, type DatabaseUrls, kekFile } from './provision.js';

export type Env = Readonly<Record<string, string>>;

/** One process of a service: `auth-1`, `gateway-2`. */
export interface Replica {
  name: string;
  service: ServiceName;
  /** From 1. */
  number: number;
}

export const ownsTables = (service: ServiceName): service is DatabaseService =>
  (DATABASE_SERVICES as readonly string[]).includes(service);

export const internalPortName = (replica: string): string => `${replica}-internal`;

export interface Surroundings {
  stack: Stack;
  secrets: Secrets;
  servers: Servers;
  databases: Readonly<Record<DatabaseService, DatabaseUrls>>;
}

/**
 * Of each half of the young generation. A quarter of it costs messaging half as much CPU again, because what is at work is taken
 * for old; Node's own 16 MiB save nothing more, and gateways grow by them. What auth has at work is little: there an eighth
 * saves 4 MiB at rest.
 */
const semiSpaceMib = (service: ServiceName): number => (service === 'auth' ? 1 : 8);

/** Where a browser on this machine may ask for passkeys: examples/passkey.mjs has the second. */
const PASSKEY_ORIGINS = 'http://localhost,http://localhost:3893';

/** As the chart has it for its memory limits; a gateway's grows with its sockets. */
const HEAP_MIB = 200;

/** As the chart has it, too. One malloc arena: less at rest (docs/performance.md). */
const memoryOf = (service: ServiceName): Env => ({
  NODE_OPTIONS: [
    `--max-semi-space-size=${semiSpaceMib(service)}`,
    ...(service === 'gateway' ? [] : [`--max-old-space-size=${HEAP_MIB}`]),
  ].join(' '),
  MALLOC_ARENA_MAX: '1',
});

/** What a stack sets itself, and nobody else: where things are that it has started, and the secrets it has made. */
export const OWN_NAMES = [
  ...(['HOST', 'PORT', 'INTERNAL_PORT', 'REPLICA', 'NATS_URL', 'NATS_NKEY_SEED', 'REDIS_URL'] as const),
  ...(['DATABASE_URL', 'KEYSTORE_URL', 'KEK_FILE', 'BOOTSTRAP_TOKEN'] as const),
] as const;
type Own = Partial<Record<(typeof OWN_NAMES)[number], string>>;

/** The environment of one replica, as its chart would give it, with the settings of the user's own. Nothing of ours leaks in but PATH. */
export async function environmentOf(replica: Replica, surroundings: Surroundings): Promise<Env> {
  const { service } = replica;
  return {
    PATH: process.env.PATH ?? '',
    NODE_ENV: 'production',
    ...memoryOf(service),
    ...usualSettings(service),
    ...environmentFor(service, settingsOf(surroundings.stack)),
    ...(await ownSettings(replica, surroundings)),
  };
}

/** What a machine of a developer needs that no cluster does. */
function usualSettings(service: ServiceName): Env {
  if (service === 'auth') return { WEBAUTHN_ORIGINS: PASSKEY_ORIGINS };
  // What stands for a first channel here is on this machine as well.
  return service === 'alerting' ? { WATCH_ALLOWED_HOSTS: '127.0.0.1,localhost' } : {};
}

async function ownSettings(
  { name, service }: Replica,
  { stack, secrets, servers, databases }: Surroundings,
): Promise<Own> {
  const own: Own = {
    HOST: '127.0.0.1',
    REPLICA: name,
    INTERNAL_PORT: String(await stack.port(internalPortName(name))),
    NATS_URL: servers.natsUrl,
    REDIS_URL: servers.redisUrl,
  };
  // A NATS that was given by URL knows none of our keys.
  if (servers.natsAdminSeed) own.NATS_NKEY_SEED = secrets.nkeySeeds[service] ?? '';
  if (service === 'gateway') own.PORT = String(await stack.port(name));
  if (service === 'auth') own.BOOTSTRAP_TOKEN = secrets.bootstrapToken;
  if (!ownsTables(service)) return own;
  const { DATABASE_URL, KEYSTORE_URL } = databases[service];
  return { ...own, DATABASE_URL, KEYSTORE_URL, KEK_FILE: kekFile(stack, service) };
}

/** The services of another checkout, on the tables of this one: docs/releases/README.md. */
const SERVICES_OF = resolve(process.env.RELAIS_SERVICES_OF ?? ROOT);

/** A compiled program of a service, or what it reads; of this checkout for migrations. @throws Error when it was not built. */
export function programOf(
  service: ServiceName,
  program: 'main' | 'migrate' | 'config',
  checkout = SERVICES_OF,
): string {
  const path = join(program === 'migrate' ? ROOT : checkout, 'apps', service, 'dist', `${program}.js`);
  if (!existsSync(path)) throw new Error(`${path} is not there: run \`npm run build\``);
  return path;
}

/** Runs a service's migrations to their end. @throws Error with what they wrote when they fail. */
export async function migrate(service: DatabaseService, urls: DatabaseUrls): Promise<void> {
  const { DATABASE_OWNER_URL, KEYSTORE_OWNER_URL } = urls;
  const env = { PATH: process.env.PATH, DATABASE_OWNER_URL, KEYSTORE_OWNER_URL };
  const child = spawn(process.execPath, [programOf(service, 'migrate')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0)
    throw new Error(`the migrations of ${service} failed:\n${said.trim().split('\n').slice(-20).join('\n')}`);
}
