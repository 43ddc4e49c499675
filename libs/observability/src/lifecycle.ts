import type { Log } from './logger.js';

interface Opened {
  name: string;
  close(): Promise<void> | void;
}

/** Whatever is opened is closed in reverse order, each step once and within the deadline of the whole. */
export class Lifecycle {
  private readonly opened: Opened[] = [];
  private closing: Promise<void> | undefined;
  private closingSinceMs: number | undefined;

  constructor(private readonly log: Log) {}

  /** Registers how to let go of something that was just opened; at once, when everything else has been let go of. */
  add(name: string, close: () => Promise<void> | void): void {
    this.opened.push({ name, close });
    if (this.closing) this.closing = this.closing.then(() => this.closeAll());
  }

  /** How long it has been letting go, ms; 0 before. */
  get closingForMs(): number {
    return this.closingSinceMs === undefined ? 0 : performance.now() - this.closingSinceMs;
  }

  close(): Promise<void> {
    this.closingSinceMs ??= performance.now();
    return (this.closing ??= this.closeAll());
  }

  private async closeAll(): Promise<void> {
    for (const { name, close } of this.opened.splice(0).toReversed()) {
      try {
        await close();
      } catch (error) {
        this.log.warn({ event: 'close.failed', step: name, error });
      }
    }
  }
}

/**
 * Starts a service, waits for SIGTERM or SIGINT, lets go of everything, and leaves the process to end by itself.
 * A start that fails is one error in the log and exit code 1; letting go longer than `deadlineMs`, or a start that does
 * not come to its end in that time, is exit code 1, too. The first reason to stop is the one that counts.
 */
export async function runService(
  log: Log,
  deadlineMs: number,
  start: (lifecycle: Lifecycle) => Promise<void>,
): Promise<void> {
  const lifecycle = new Lifecycle(log);
  let isStopping = false;
  const stop = (signal: string, exitCode: number) => {
    if (isStopping) return;
    isStopping = true;
    log.info({ event: 'service.stopping', signal });
    process.exitCode = exitCode;
    setTimeout(() => {
      log.error({ event: 'service.stop_deadline_passed', durationMs: deadlineMs });
      process.exit(1);
    }, deadlineMs).unref();
    void lifecycle.close().then(() => log.info({ event: 'service.stopped' }));
  };
  process.on('SIGTERM', () => stop('SIGTERM', 0));
  process.on('SIGINT', () => stop('SIGINT', 0));
  process.on('unhandledRejection', (error) => {
    log.error({ event: 'process.unhandled_rejection', error });
    stop('unhandledRejection', 1);
  });
  try {
    await start(lifecycle);
    log.info({ event: 'service.started', durationMs: Math.round(process.uptime() * 1_000) });
  } catch (error) {
    // What a stop took away from under a start is no failure of the start.
    if (!isStopping)
      log.error({ event: 'service.start_failed', error, reason: error instanceof Error ? error.message : undefined });
    stop('start_failed', 1);
  }
}
