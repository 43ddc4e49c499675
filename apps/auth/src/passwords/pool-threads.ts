import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

const THREADS = '/proc/self/task';
/** A seventieth of a core beside somebody who wants all of it, all of it beside nobody (sched(7)). */
const NICE = 19;

/**
 * Lets the threads of libuv's pool, which hash passwords, step back behind everything else on this machine: whoever logs in can
 * wait for a moment, an event loop cannot. The threads are there once something was given to them. Where there is no Linux,
 * nothing changes.
 *
 * @returns how many there were
 */
export function makePoolThreadsYield(): number {
  try {
    const threads = readdirSync(THREADS).filter((id) => nameOf(id) === 'libuv-worker');
    for (const id of threads) setPriority(Number(id), NICE);
    return threads.length;
  } catch {
    return 0;
  }
}

const nameOf = (id: string): string => readFileSync(`${THREADS}/${id}/comm`, 'utf8').trim();
