import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { BusServer, connectNats, EventConsumer } from '@relais/bus';
import { Envelope, FileKeyProvider, KeyRotation, keystoreMigrations, PostgresKeyStore } from '@relais/crypto';
import { databaseReadiness, migrationNames, openDatabase, OutboxRelay } from '@relais/database';
import { SystemClock } from '@relais/kernel';
import {
  createLogger,
  type Lifecycle,
  Readiness,
  runService,
  startInternalServer,
  startProcessMetrics,
} from '@relais/observability';
import { TrustStore } from '@relais/security';
import { MessagingModule } from './app.module.js';
import { config as readConfig } from './config.js';
import { migrations } from './database/migrations.js';
import { ExpiryJob } from './expiry/expiry-job.postgres.js';
import { RewrapJob } from './keys/rewrap-job.js';

const SERVICE = 'messaging';
const config = readConfig();
const log = createLogger({
  service: SERVICE,
  replica: config.REPLICA,
  level: config.LOG_LEVEL,
  pseudonymKey: config.LOG_PSEUDONYM_KEY,
});

/** Opened top to bottom; let go of bottom to top, so requests stop first and connections last. */
async function start(lifecycle: Lifecycle): Promise<void> {
  startProcessMetrics(config.VERSION, config.REVISION);
  const readiness = new Readiness();
  let isStarted = false;
  readiness.add({
    name: 'start',
    check: () => {
      if (!isStarted) throw new Error('not at its end yet');
    },
  });
  const internal = await startInternalServer({ host: config.HOST, port: config.INTERNAL_PORT, readiness, log });
  lifecycle.add('internal', () => internal.close());

  const connection = await connectNats({
    url: config.NATS_URL,
    service: SERVICE,
    replica: config.REPLICA,
    nkeySeed: config.NATS_NKEY_SEED,
    caFile: config.NATS_CA_FILE,
    log,
  });
  lifecycle.add('nats', () => connection.close());
  const database = {
    poolSize: config.DATABASE_POOL_SIZE,
    statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
    log,
  };
  const db = await openDatabase({ ...database, url: config.DATABASE_URL, applicationName: config.REPLICA });
  lifecycle.add('database', () => db.destroy());
  const keystore = await openDatabase({
    ...database,
    url: config.KEYSTORE_URL,
    applicationName: config.REPLICA,
    poolSize: 2,
  });
  lifecycle.add('keystore', () => keystore.destroy());
  const provider = await FileKeyProvider.open(config.KEK_FILE, log);
  lifecycle.add('kek', () => provider.close());
  const keys = new PostgresKeyStore(keystore);
  const envelope = new Envelope({ provider, store: keys, clock: new SystemClock() });
  lifecycle.add('envelope', () => envelope.close());

  const app = await NestFactory.createApplicationContext(
    MessagingModule.with({ config, log, connection, db, envelope }),
    { logger: false, abortOnError: false },
  );
  const server = app.get(BusServer);
  const relay = app.get(OutboxRelay);
  const consumer = app.get<EventConsumer<never>>(EventConsumer);
  const trust = app.get(TrustStore);
  const expiry = new ExpiryJob(db, config.EXPIRY_INTERVAL_MS, log);
  const rewrap = new RewrapJob(new KeyRotation(provider, keys, log), config.KEK_REWRAP_INTERVAL_MS, log);

  lifecycle.add('application', () => app.close());
  connection.onReconnect(() => relay.suspect());
  for (const [name, part] of Object.entries({ relay, consumer, expiry, rewrap })) {
    part.start();
    lifecycle.add(name, () => part.stop());
  }
  lifecycle.add('requests', () => server.drain());
  lifecycle.add('readiness', () => readiness.leave());

  const allowUnsafe = config.DATABASE_UNSAFE === 'true';
  readiness.add(server.readiness);
  readiness.add(databaseReadiness(db, 'postgres', { migrations: migrationNames(migrations), allowUnsafe }));
  readiness.add(
    databaseReadiness(keystore, 'keystore', { migrations: migrationNames(keystoreMigrations), allowUnsafe }),
  );
  readiness.add({ name: 'kek', check: () => provider.health() });
  readiness.add({
    name: 'trust',
    check: () => {
      if (!trust.hasKeys()) throw new Error('no signing keys from auth yet');
    },
  });
  isStarted = true;
}

await runService(log, config.SHUTDOWN_DEADLINE_MS, start);
