import { existsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Fault points and planted bugs are loaded into a service with `--import`, before it starts, and change classes of its
 * own build. The product carries no fault code, and what is tested is the build that ships.
 */
const ROOT = join(import.meta.dirname, '..', '..', '..');

type AnyMethod = (this: unknown, ...args: never[]) => unknown;
type Patchable = { prototype: Record<string, AnyMethod> };

/** The class of this name from a compiled file, seen from the repository's root. */
export async function classIn(file: string, name: string): Promise<Patchable> {
  const path = join(ROOT, file);
  if (!existsSync(path)) throw new Error(`${path} is not there: build first`);
  const module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  const found = module[name];
  if (typeof found !== 'function') throw new Error(`${file} has no class ${name}`);
  return found as unknown as Patchable;
}

/** Replaces a method; the replacement gets the original. A method that is not there is a stale plant, and fails loudly. */
export function replace<Method extends AnyMethod>(
  target: Patchable,
  name: string,
  make: (original: Method) => Method,
): void {
  const original = target.prototype[name];
  if (typeof original !== 'function') throw new Error(`nothing to plant in: no method ${name}`);
  target.prototype[name] = make(original as Method) as AnyMethod;
}

/** Whether this time; `1/n` of the times. */
export const oneIn = (n: number): boolean => Math.random() * n < 1;

/** Among the last lines of the log of who ends at a fault point. */
export const plantedEnd = (pid: number): string => `process ${pid} was ended by a fault point`;

/** As a power cut of this process: nothing is flushed, nobody is told. */
export const die = (): never => {
  writeSync(process.stderr.fd, `${plantedEnd(process.pid)}\n`);
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable');
};
