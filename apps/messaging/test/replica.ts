import { NestFactory } from '@nestjs/core';
import { BusServer, connectNats, EventConsumer } from '@relais/bus';
import { Envelope, FileKeyProvider, KeyRotation, PostgresKeyStore, RewrapJob } from '@relais/crypto';
import { Database, OutboxRelay } from '@relais/database';
import { SystemClock } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { z } from 'zod';
import { MessagingModule } from '../src/app.module.js';
import { env } from '../src/config.js';
import { CONTACT_CHANGES } from '../src/contacts/contact-review.js';
import { ExpiryJob } from '../src/expiry/expiry-job.postgres.js';
import { SpentKeys } from '../src/keeping/spent-keys.js';
import { connect } from './messaging-database.js';

const FOLLOW_KEK_MS = 50;

export type Settings = Record<string, string>;
export type Replica = Awaited<ReturnType<typeof startReplica>>;

/** One replica of messaging as main.ts starts it, but within the test's process. */
export async function startReplica(settings: Settings) {
  const config = z.object(env).parse(settings);
  const connection = await connectNats({
    url: config.NATS_URL,
    service: 'messaging',
    replica: config.REPLICA,
    nkeySeed: config.NATS_NKEY_SEED,
    log: silentLog,
  });
  const db = await connect(config.DATABASE_URL, config.DATABASE_POOL_SIZE);
  const keystore = await connect(config.KEYSTORE_URL, 2);
  const provider = await FileKeyProvider.open(config.KEK_FILE, silentLog, FOLLOW_KEK_MS);
  const keys = new PostgresKeyStore(keystore);
  const envelope = new Envelope({ provider, store: keys, clock: new SystemClock() });
  const app = await NestFactory.createApplicationContext(
    MessagingModule.with({ config, log: silentLog, connection, db, envelope }),
    { logger: false, abortOnError: false },
  );
  const rotation = new KeyRotation(provider, keys, silentLog);
  const parts = [
    app.get(OutboxRelay),
    app.get<EventConsumer<never>>(EventConsumer),
    app.get<EventConsumer<never>>(CONTACT_CHANGES),
    new ExpiryJob(db, new SpentKeys(app.get(Database), envelope), config.EXPIRY_INTERVAL_MS, silentLog),
    new RewrapJob(rotation, config.KEK_REWRAP_INTERVAL_MS, silentLog),
  ];
  for (const part of parts) part.start();
  let closed: Promise<void> | undefined;
  const close = async () => {
    await app.get(BusServer).drain();
    await Promise.all(parts.map((part) => part.stop()));
    await app.close();
    envelope.close();
    provider.close();
    await Promise.all([db.destroy(), keystore.destroy()]);
    await connection.close();
  };
  return {
    provider,
    rotation,
    ready: () => app.get(BusServer).readiness.check(),
    /** In the order of main.ts: requests stop first. More than once is once. */
    close: () => (closed ??= close()),
  };
}
