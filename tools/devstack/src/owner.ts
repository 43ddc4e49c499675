import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { stopStack } from './cluster/stop-stack.js';
import { readJson, writeJson } from './json-file.js';
import { stackDirectory } from './paths.js';
import { readStat } from './procfs.js';
import { Stack } from './stack.js';

const owner = z.object({ pid: z.int(), startTicks: z.int() });
const fileOf = (name: string) => join(stackDirectory(name), 'owner.json');

/** Binds a stack to a process: when that has ended without cleaning up, whoever starts a stack next does it. */
export function bindToProcess(stack: Stack, pid: number): void {
  writeJson(fileOf(stack.name), { pid, startTicks: readStat(pid)?.startTicks ?? 0 });
}

/** Stops and deletes the stacks whose process was killed. */
export async function dropOrphans(): Promise<void> {
  for (const name of Stack.names()) {
    const bound = readJson(fileOf(name), owner);
    if (!bound || readStat(bound.pid)?.startTicks === bound.startTicks) continue;
    // The mark goes first, so that two who look at once do not both clean up.
    rmSync(fileOf(name), { force: true });
    const stack = Stack.open(name);
    await stopStack(stack);
    stack.purge();
  }
}
