import type { KeyRotation } from './key-rotation.js';
import type { Log } from '@relais/observability';

const BATCH_SIZE = 200;

/** Moves data keys to the active key encryption key, in the background and for as long as there are old ones. */
export class RewrapJob {
  private timer: NodeJS.Timeout | undefined;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly rotation: KeyRotation,
    private readonly intervalMs: number,
    private readonly log: Log,
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      this.running ??= this.runOnce().finally(() => (this.running = undefined));
    }, this.intervalMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.running;
  }

  private async runOnce(): Promise<void> {
    try {
      if ((await this.rotation.countOutdated()) > 0)
        await this.rotation.rewrapAll({ batchSize: BATCH_SIZE, signal: this.stopping.signal });
    } catch (error) {
      this.log.warn({ event: 'kek.rewrap_interrupted', error });
    }
  }
}
