import { accessSync } from 'node:fs';
import { dependency, gauge, counter, type Log } from '@relais/observability';
import { connect, nkeyAuthenticator, type NatsConnection } from '@nats-io/transport-node';

const reconnects = counter('relais_nats_reconnects_total', 'Times the connection to NATS came back');
const connected = gauge('relais_nats_connected', 'Whether the connection to NATS is up');

export interface NatsOptions {
  url: string;
  service: string;
  replica: string;
  nkeySeed?: string | undefined;
  caFile?: string | undefined;
  log: Log;
}

/** The connection of this replica to NATS, and whether it is up at the moment. */
export interface BusConnection {
  readonly nats: NatsConnection;
  readonly service: string;
  readonly replica: string;
  isUp(): boolean;
  /** When the connection was lost, or undefined while it is up. */
  downSinceMs(): number | undefined;
  /** Called after each reconnect: whatever was published meanwhile is lost and has to be looked for. */
  onReconnect(listener: () => void): () => void;
  /** Delivers what is in flight, then closes. */
  close(): Promise<void>;
}

/**
 * Connects for good: waits for the first connection and never gives up later.
 * The library's defaults would stop after 10 tries and notice a dead peer only after four minutes.
 */
export async function connectNats({
  url,
  service,
  replica,
  nkeySeed,
  caFile,
  log,
}: NatsOptions): Promise<BusConnection> {
  // Said at once: the library would go on trying without a word.
  if (caFile) accessSync(caFile);
  const nats = await connect({
    servers: url.split(',').map((server) => server.trim()),
    name: `${service}/${replica}`,
    inboxPrefix: `_INBOX.${service}`,
    ...(nkeySeed ? { authenticator: nkeyAuthenticator(new TextEncoder().encode(nkeySeed)) } : {}),
    // Read at each connection, so that a new authority is taken without a restart.
    ...(caFile ? { tls: { caFile } } : {}),
    maxReconnectAttempts: -1,
    // The library would close for good when it is refused twice, as during a change of keys.
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: 250,
    reconnectJitter: 750,
    reconnectJitterTLS: 750,
    pingInterval: 5_000,
    maxPingOut: 2,
    waitOnFirstConnect: true,
    timeout: 5_000,
    // A stack trace made ahead for every request would cost more than the request.
    noAsyncTraces: true,
  });
  const listeners = new Set<() => void>();
  let downSinceMs: number | undefined;
  const up = (isUp: boolean) => {
    downSinceMs = isUp ? undefined : (downSinceMs ?? Date.now());
    connected.set(isUp ? 1 : 0);
    dependency('nats', isUp);
  };
  up(true);
  void follow(nats, log, {
    lost: () => up(false),
    back: () => {
      up(true);
      reconnects.inc();
      for (const listener of listeners) listener();
    },
  });
  return {
    nats,
    service,
    replica,
    isUp: () => downSinceMs === undefined && !nats.isClosed(),
    downSinceMs: () => downSinceMs,
    onReconnect: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => (nats.isClosed() ? Promise.resolve() : downSinceMs === undefined ? nats.drain() : nats.close()),
  };
}

async function follow(nats: NatsConnection, log: Log, on: { lost(): void; back(): void }): Promise<void> {
  for await (const status of nats.status()) {
    if (status.type === 'disconnect') {
      log.warn({ event: 'nats.disconnected' });
      on.lost();
    } else if (status.type === 'reconnect') {
      log.info({ event: 'nats.reconnected' });
      on.back();
    } else if (status.type === 'error') {
      log.error({ event: 'nats.error', error: status.error });
    }
  }
}
