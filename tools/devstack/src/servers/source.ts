import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { canInstall, installPackages } from './apt.js';

export type Backing = 'postgres' | 'nats' | 'redis';
export const BACKINGS: readonly Backing[] = ['postgres', 'nats', 'redis'];

/** Where a backing server comes from. */
export type Source =
  | { kind: 'given'; url: string }
  | { kind: 'binary'; path: string }
  | { kind: 'container'; engine: string; image: string };

export type Sources = Readonly<Record<Backing, Source>>;

const OLDEST_POSTGRES = 15;
const URL_NAMES = { postgres: 'RELAIS_POSTGRES_URL', nats: 'RELAIS_NATS_URL', redis: 'RELAIS_REDIS_URL' } as const;
const PACKAGES = { postgres: 'postgresql-15', nats: 'nats-server', redis: 'redis-server' } as const;
const IMAGES = { postgres: 'postgres:15', nats: 'nats:2.12', redis: 'redis:7' } as const;

/**
 * Finds a source for each server: a URL from the environment, a binary on this machine, a Debian package, a container.
 * @throws Error naming what to install when there is no way.
 */
export async function findSources(say: (line: string) => void): Promise<Sources> {
  const found = new Map(BACKINGS.map((backing) => [backing, fromMachine(backing)]));
  const missing = BACKINGS.filter((backing) => !found.get(backing));
  if (missing.length > 0 && canInstall()) {
    installPackages(
      missing.map((backing) => PACKAGES[backing]),
      say,
    );
    for (const backing of missing) found.set(backing, fromMachine(backing));
  }
  const engine = containerEngine();
  for (const backing of BACKINGS) {
    if (!found.get(backing) && engine) found.set(backing, { kind: 'container', engine, image: IMAGES[backing] });
  }
  return complete(found);
}

function complete(found: ReadonlyMap<Backing, Source | undefined>): Sources {
  const without = BACKINGS.filter((backing) => !found.get(backing));
  if (without.length === 0) return Object.fromEntries(found) as Sources;
  const packages = without.map((backing) => PACKAGES[backing]).join(' ');
  throw new Error(
    `There is no ${without.join(', ')} on this machine. Do one of these:\n` +
      `  apt-get install ${packages}      (or run this as root, or with passwordless sudo)\n` +
      `  start docker or podman\n` +
      `  set ${without.map((backing) => URL_NAMES[backing]).join(', ')}`,
  );
}

function fromMachine(backing: Backing): Source | undefined {
  const url = process.env[URL_NAMES[backing]];
  if (url) return { kind: 'given', url };
  const path = BINARIES[backing]();
  return path ? { kind: 'binary', path } : undefined;
}

const BINARIES: Readonly<Record<Backing, () => string | undefined>> = {
  postgres: findPostgres,
  nats: () => onPath('nats-server'),
  redis: () => onPath('redis-server') ?? onPath('valkey-server'),
};

/** The directory of initdb and postgres, of the newest version that is new enough. */
function findPostgres(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian)
    ? readdirSync(debian)
        .map(Number)
        .filter((major) => major >= OLDEST_POSTGRES)
    : [];
  const newestFirst = versions.sort((a, b) => b - a).map((major) => join(debian, String(major), 'bin'));
  const others = (process.env.PATH ?? '').split(delimiter);
  return [...newestFirst, ...others].find(
    (bin) => isProgram(join(bin, 'initdb')) && postgresMajor(bin) >= OLDEST_POSTGRES,
  );
}

function postgresMajor(bin: string): number {
  const { stdout } = spawnSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' });
  return Number(/(\d+)/.exec(stdout ?? '')?.[1] ?? 0);
}

function onPath(program: string): string | undefined {
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return places.map((place) => join(place, program)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** An engine counts when it answers, not when its client is installed. */
function containerEngine(): string | undefined {
  return ['docker', 'podman'].find((engine) => {
    if (!onPath(engine)) return false;
    try {
      execFileSync(engine, ['info'], { stdio: 'ignore', timeout: 10_000 });
      return true;
    } catch {
      return false;
    }
  });
}
