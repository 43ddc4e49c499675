import { EventStream } from '@relais/bus';
import { OutboxRelay } from '@relais/database';
import type { Opened } from './open.js';

/** The durable events of a service, and the relay that brings its outbox there. */
export function outboxOf({ config, log, connection, db }: Pick<Opened, 'config' | 'log' | 'connection' | 'db'>) {
  const events = new EventStream(connection, log, {
    replicas: config.EVENTS_REPLICAS,
    retentionHours: config.OUTBOX_RETENTION_HOURS,
  });
  const relay = new OutboxRelay(db, events, {
    owner: connection.replica,
    pollMs: config.OUTBOX_POLL_INTERVAL_MS,
    batchSize: config.OUTBOX_BATCH_SIZE,
    leaseMs: config.OUTBOX_LEASE_MS,
    retentionHours: config.OUTBOX_RETENTION_HOURS,
    log,
  });
  return { events, relay };
}
