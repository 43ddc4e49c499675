import { readFileSync, writeFileSync } from 'node:fs';
import { WorldDirectory } from '../world/directory.js';
import type { World } from '../world/world.js';

export interface DirectoryResult {
  people: number;
  firstSeconds: number;
  unchangedSeconds: number;
  /** The most that auth had in memory during both runs. */
  peakMiB: number;
}

/** Brings that many people in from a real directory, then runs again without anything having changed. */
export async function measureDirectory(world: World, people: number): Promise<DirectoryResult> {
  const directory = await WorldDirectory.start(await world.people.freshOwner(), people);
  try {
    const pid = world.cluster.pid('auth-1');
    forgetPeak(pid);
    const firstSeconds = await timed(directory, people);
    const unchangedSeconds = await timed(directory, 0);
    return { people, firstSeconds, unchangedSeconds, peakMiB: peakKib(pid) / 1_024 };
  } finally {
    await directory.stop();
  }
}

async function timed(directory: WorldDirectory, applied: number): Promise<number> {
  const beganAtMs = performance.now();
  const run = await directory.run();
  if (run.state !== 'applied' || run.applied !== applied)
    throw new Error(`the run is ${run.state}, applied ${run.applied} instead of ${applied}: ${run.says ?? ''}`);
  return (performance.now() - beganAtMs) / 1_000;
}

/** The kernel keeps the peak of a process's memory; 5 sets it back to what it is now (proc(5), clear_refs). */
const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5');
const peakKib = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
