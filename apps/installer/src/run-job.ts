import type { Log } from '@relais/observability';

/** Runs a job to its end: what goes wrong is one line of the log and exit code 1. */
export async function runJob(log: Log, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    log.info({ event: 'job.done' });
  } catch (error) {
    log.error({ event: 'job.failed', error, reason: error instanceof Error ? error.message : undefined });
    process.exitCode = 1;
  }
}
