import type { Log } from '@relais/observability';

const SLOW_AFTER_MS = 250;
const PAUSE_AFTER_FAILURE_MS = 1_000;

export interface WhileSharedOptions {
  log: Log;
  /** Names the log lines: `<name>.local` when Redis is lost, `<name>.shared_again` when it is back. */
  name: string;
  nowMs?: () => number;
}

/**
 * Asks what all replicas share while it answers within 250 ms. After a failure nobody waits for it for 1 s, then one
 * request tries it while the others go on without. One outage is one log line, its end another.
 */
export class WhileShared {
  private readonly nowMs: () => number;
  private isLost = false;
  private retryAtMs = 0;

  constructor(private readonly options: WhileSharedOptions) {
    this.nowMs = options.nowMs ?? (() => performance.now());
  }

  /** @returns undefined when it is lost: then the caller decides alone. Never throws. */
  async ask<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    if (!this.isDue()) return undefined;
    const { log, name } = this.options;
    try {
      const result = await within(SLOW_AFTER_MS, work());
      if (this.isLost) log.info({ event: `${name}.shared_again` });
      this.isLost = false;
      return result;
    } catch (error) {
      if (!this.isLost) log.warn({ event: `${name}.local`, error });
      this.isLost = true;
      this.retryAtMs = this.nowMs() + PAUSE_AFTER_FAILURE_MS;
      return undefined;
    }
  }

  /** While Redis is lost only the caller that finds the pause over tries it; it moves the end of the pause for the rest. */
  private isDue(): boolean {
    if (!this.isLost) return true;
    if (this.nowMs() < this.retryAtMs) return false;
    this.retryAtMs = this.nowMs() + PAUSE_AFTER_FAILURE_MS;
    return true;
  }
}

async function within<Result>(timeoutMs: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
