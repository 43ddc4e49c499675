import { connectNats, EventStream } from '@relais/bus';
import { silentLog } from '@relais/observability';
import { freshDatabase } from '@relais/testing';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { createOutbox, migrate, openDatabase, OutboxRelay, protect, type RelayOptions } from '../src/index.js';

export class Notes1700000000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE note (
        organization_id uuid NOT NULL,
        id              uuid NOT NULL,
        body            text NOT NULL,
        PRIMARY KEY (organization_id, id)
      )`);
    await db.query(protect('note'));
  }

  async down(): Promise<void> {}
}

export class Outbox1700000000001 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await createOutbox(db);
  }

  async down(): Promise<void> {}
}

export const migrations = [Notes1700000000000, Outbox1700000000001];

export interface World {
  ownerUrl: string;
  appUrl: string;
  /** Opens a pool as the application; closed with the world. */
  open(options?: { url?: string; poolSize?: number; statementTimeoutMs?: number }): Promise<DataSource>;
  /** Remembers what to let go of at the end, last first. */
  onClose(close: () => Promise<unknown>): void;
  close(): Promise<void>;
}

/** A migrated database with an application role. */
export async function aWorld(): Promise<World> {
  const { ownerUrl, appUrl, drop } = await freshDatabase();
  const closers: Array<() => Promise<unknown>> = [drop];
  await migrate(ownerUrl, migrations, silentLog);
  return {
    ownerUrl,
    appUrl,
    open: async ({ url = appUrl, poolSize = 4, statementTimeoutMs = 5_000 } = {}) => {
      const db = await openDatabase({
        url,
        applicationName: 'test',
        poolSize,
        statementTimeoutMs,
        log: silentLog,
      });
      closers.push(() => (db.isInitialized ? db.destroy() : Promise.resolve()));
      return db;
    },
    onClose: (close) => void closers.push(close),
    close: async () => {
      for (const close of closers.splice(0).toReversed()) await close();
    },
  };
}

/** The stream of a NATS server; `url` may lead there another way. */
export async function aStream(world: World, nats: { url: string; seed: string | undefined }): Promise<EventStream> {
  const connection = await connectNats({
    url: nats.url,
    nkeySeed: nats.seed,
    service: 'admin',
    replica: 'test',
    log: silentLog,
  });
  world.onClose(() => connection.close());
  return new EventStream(connection, silentLog, { replicas: 1, retentionHours: 1 });
}

/** A relay in a hurry. */
export function aRelay(world: World, db: DataSource, stream: EventStream, options: Partial<RelayOptions> = {}) {
  const relay = new OutboxRelay(db, stream, {
    owner: 'one',
    pollMs: 20,
    batchSize: 50,
    leaseMs: 1_000,
    retentionHours: 1,
    log: silentLog,
    ...options,
  });
  world.onClose(() => relay.stop());
  relay.start();
  return relay;
}

/** Waits until it is so; fails after ten seconds. */
export async function eventually(isSo: () => Promise<boolean> | boolean, deadlineMs = 10_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`not so within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
