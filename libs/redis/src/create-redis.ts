import { dependency, type Log } from '@relais/observability';
import { Redis } from 'ioredis';

const COMMAND_TIMEOUT_MS = 500;
const CONNECT_TIMEOUT_MS = 2_000;
const MAX_RECONNECT_DELAY_MS = 1_000;

export interface RedisOptions {
  url: string;
  log: Log;
  /** Shown by `CLIENT LIST`. */
  connectionName?: string;
}

/** A connection and its end. */
export interface RedisConnection {
  readonly client: Redis;
  /** Sends what is under way, then closes; at once when Redis is away. Never throws. */
  close(): Promise<void>;
}

/**
 * Connects in the background and for ever, with a delay of up to 1 s and jitter. A command answers or fails within 500 ms,
 * at once while there is no connection; none waits in a queue. One outage is one log line, its end another.
 */
export function createRedis({ url, log, connectionName = 'relais' }: RedisOptions): RedisConnection {
  const client = new Redis(url, {
    connectionName,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // NOTE: ioredis waits this long for a stream to close, even for one that is closed, and keeps the process alive for it.
    disconnectTimeout: 200,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (attempt) => Math.random() * Math.min(100 * attempt, MAX_RECONNECT_DELAY_MS) + 20,
  });
  const stopReporting = reportOutages(client, log);
  return {
    client,
    close: () => {
      stopReporting();
      return close(client);
    },
  };
}

/** @returns what ends it: closing is no outage. */
function reportOutages(client: Redis, log: Log): () => void {
  let isUp: boolean | undefined;
  let isOver = false;
  const lost = (error?: Error) => {
    if (isUp === false || isOver) return;
    isUp = false;
    dependency('valkey', false);
    log.warn({ event: 'redis.lost', dependency: 'valkey', error });
  };
  client.on('error', lost);
  client.on('close', () => lost());
  client.on('ready', () => {
    dependency('valkey', true);
    if (isUp === false) log.info({ event: 'redis.back', dependency: 'valkey' });
    isUp = true;
  });
  return () => void (isOver = true);
}

async function close(client: Redis): Promise<void> {
  if (client.status === 'ready') await client.quit().catch(() => undefined);
  client.disconnect();
}
