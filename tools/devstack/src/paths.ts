import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The checkout; the same from src/ and from dist/. */
export const ROOT = resolve(import.meta.dirname, '../../..');
export const STACKS = join(ROOT, '.devstack');

const NAME = /^[a-z0-9][a-z0-9-]{0,40}$/;

export const isStackName = (name: string): boolean => NAME.test(name);

/** Where a stack keeps its state, logs and secrets. */
export function stackDirectory(name: string): string {
  if (!isStackName(name)) throw new Error(`"${name}" is no name for a stack: use a-z, 0-9 and hyphens`);
  return join(STACKS, name);
}

/** Makes a stack's directory. Others may pass through it (PostgreSQL runs as another user) but not list it. */
export function makeStackDirectory(name: string): string {
  const directory = stackDirectory(name);
  mkdirSync(join(directory, 'logs'), { recursive: true });
  chmodSync(STACKS, 0o755);
  chmodSync(directory, 0o711);
  return directory;
}

/**
 * Where a server that runs as another user keeps its data: in the stack's directory when that user can get there,
 * else under /var/tmp, in a place of this checkout's own.
 */
export function sharedDirectory(name: string): string {
  const own = stackDirectory(name);
  if (isOpenToAll(own)) return own;
  const hash = createHash('sha256').update(ROOT).digest('hex').slice(0, 12);
  const base = `/var/tmp/relais-${hash}`;
  makeOwnDirectory(base);
  makeOwnDirectory(join(base, name));
  return join(base, name);
}

function isOpenToAll(path: string): boolean {
  const isOpen = (statSync(path).mode & 0o001) !== 0;
  return isOpen && (dirname(path) === path || isOpenToAll(dirname(path)));
}

/** /var/tmp is everyone's: a directory that somebody else has put there is refused. */
function makeOwnDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o711 });
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) throw new Error(`${path} belongs to somebody else`);
  chmodSync(path, 0o711);
}
