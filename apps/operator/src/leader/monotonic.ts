import { setTimeout as pause } from 'node:timers/promises';

/** Time that only goes forward, also while the process is stopped: what the wall clock says does not matter to it. */
export abstract class Monotonic {
  abstract nowMs(): number;
  /** Resolves after so long, or as soon as the signal comes. */
  abstract sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export class SystemMonotonic extends Monotonic {
  nowMs(): number {
    return performance.now();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await pause(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}
