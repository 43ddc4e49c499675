import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { eventually } from './process.js';
import { readStat } from './procfs.js';

/** One `up` or `down` of a stack at a time; a lock whose holder has died is taken over. */
export async function withLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  if (!(await eventually(() => take(path), 180_000))) throw new Error(`another command is at work: ${path}`);
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string): boolean {
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, `${process.pid} ${readStat(process.pid)?.startTicks}`);
    closeSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    dropIfOrphaned(path);
    return false;
  }
}

function dropIfOrphaned(path: string): void {
  const [pid, startTicks] = readOr(path, '').split(' ').map(Number);
  if (pid && readStat(pid)?.startTicks !== startTicks) rmSync(path, { force: true });
}

function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return fallback;
  }
}
