import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from './json-file.js';
import { stackDirectory } from './paths.js';
import { readStat } from './procfs.js';
import { stopServers } from './servers/servers.js';
import { Stack } from './stack.js';

const owner = z.object({ pid: z.int(), startTicks: z.int() });
const fileOf = (name: string) => join(stackDirectory(name), 'owner.json');

/** Binds a stack to a process: when that has ended without cleaning up, the next test run does it. */
export function writeOwner(stack: Stack, pid: number): void {
  writeJson(fileOf(stack.name), { pid, startTicks: readStat(pid)?.startTicks ?? 0 });
}

/** Stops and deletes the test servers of runs that were killed. */
export async function dropOrphanedTestStacks(): Promise<void> {
  for (const name of Stack.names().filter((candidate) => candidate.startsWith('test-'))) {
    const bound = readJson(fileOf(name), owner);
    if (!bound || readStat(bound.pid)?.startTicks === bound.startTicks) continue;
    rmSync(fileOf(name), { force: true });
    const stack = Stack.open(name);
    await stopServers(stack);
    stack.purge();
  }
}
