import { Monotonic } from '../src/leader/monotonic.js';

interface Sleeper {
  atMs: number;
  wake(): void;
}

/** Time that passes only when a test says so, one sleeper after the other. */
export class VirtualTime extends Monotonic {
  private passedMs = 0;
  private readonly sleepers = new Set<Sleeper>();

  nowMs(): number {
    return this.passedMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = {
        atMs: this.passedMs + Math.max(0, ms),
        wake: () => {
          this.sleepers.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  /** @param look after everything that happened */
  async pass(ms: number, look: () => void = () => undefined): Promise<void> {
    const endMs = this.passedMs + ms;
    for (;;) {
      await settled();
      look();
      let next: Sleeper | undefined;
      for (const sleeper of this.sleepers) if (!next || sleeper.atMs < next.atMs) next = sleeper;
      if (!next || next.atMs > endMs) break;
      this.passedMs = Math.max(this.passedMs, next.atMs);
      next.wake();
    }
    this.passedMs = endMs;
  }
}

/** Everything that waits for nothing but promises is done. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
