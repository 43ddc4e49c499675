import { setTimeout as pause } from 'node:timers/promises';
import { provision } from '@relais/database';
import { createLogger } from '@relais/observability';
import { provisionConfig } from './config.js';
import { runJob } from './run-job.js';

const { DATABASE_ADMIN_URL, WAIT_SECONDS, LOG_LEVEL, ...urls } = provisionConfig();
const log = createLogger({ service: 'installer', replica: 'provision', level: LOG_LEVEL });
const deadline = Date.now() + WAIT_SECONDS * 1_000;

const NOT_THERE = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|57P03)$/;

/** A server that comes up beside us is waited for here: a pod that starts again waits longer each time. */
const isNotThere = (error: unknown): boolean => {
  const { code, message = '' } = error as { code?: string; message?: string };
  return code === undefined ? /timeout expired|terminated unexpectedly/.test(message) : NOT_THERE.test(code);
};

async function untilDone(): Promise<void> {
  for (;;) {
    try {
      return await provision(DATABASE_ADMIN_URL, urls);
    } catch (error) {
      if (!isNotThere(error) || Date.now() > deadline) throw error;
      log.debug({ event: 'provision.waiting', error });
      await pause(1_000);
    }
  }
}

await runJob(log, untilDone);
