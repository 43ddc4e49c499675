import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

const TASKS = '/proc/self/task';
/** About a tenth of the share of a core that others get while they want it (sched(7)). */
const NICE = 10;

/**
 * Lets everything else go before the threads that hash passwords: somebody who guesses passwords as fast as he can must not
 * slow down those who talk. Threads of libuv's pool have to be there already; where there is no Linux, or it is not allowed,
 * nothing changes.
 *
 * @returns how many threads yield
 */
export function yieldToOthers(): number {
  try {
    const workers = readdirSync(TASKS).filter(
      (id) => readFileSync(`${TASKS}/${id}/comm`, 'utf8').trim() === 'libuv-worker',
    );
    for (const id of workers) setPriority(Number(id), NICE);
    return workers.length;
  } catch {
    return 0;
  }
}
