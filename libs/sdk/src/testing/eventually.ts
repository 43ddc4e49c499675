import { setTimeout as pause } from 'node:timers/promises';

/** Waits until it holds; the test's own deadline is the only one. */
export async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(5);
}
