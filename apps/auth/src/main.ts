import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { BusServer, connectNats } from '@relais/bus';
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
import { AuthModule } from './app.module.js';
import { config as readConfig } from './config.js';
import { migrations } from './database/migrations.js';
import { Housekeeping } from './housekeeping.postgres.js';
import { LocalTrust } from './trust/local-trust.js';

const SERVICE = 'auth';
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
  const internal = await startInternalServer({ host: config.HOST, port: config.INTERNAL_PORT, readiness, log });
  lifecycle.add('internal', () => internal.close());
  let isOpen = false;
  readiness.add({
    name: 'start',
    check: () => {
      if (!isOpen) throw new Error('not all connections are open yet');
    },
  });

  const connection = await connectNats({
    url: config.NATS_URL,
    service: SERVICE,
    replica: config.REPLICA,
    nkeySeed: config.NATS_NKEY_SEED,
    caFile: config.NATS_CA_FILE,
    log,
  });
  lifecycle.add('nats', () => connection.close());
  const database = { statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS, applicationName: config.REPLICA, log };
  const db = await openDatabase({ ...database, url: config.DATABASE_URL, poolSize: config.DATABASE_POOL_SIZE });
  lifecycle.add('database', () => db.destroy());
  const keystore = await openDatabase({ ...database, url: config.KEYSTORE_URL, poolSize: 2 });
  lifecycle.add('keystore', () => keystore.destroy());
  const provider = await FileKeyProvider.open(config.KEK_FILE, log);
  lifecycle.add('kek', () => provider.close());
  const keys = new PostgresKeyStore(keystore);
  const envelope = new Envelope({ provider, store: keys, clock: new SystemClock() });
  lifecycle.add('envelope', () => envelope.close());

  const allowUnsafe = config.DATABASE_UNSAFE === 'true';
  readiness.add(databaseReadiness(db, 'postgres', { migrations: migrationNames(migrations), allowUnsafe }));
  readiness.add(
    databaseReadiness(keystore, 'keystore', { migrations: migrationNames(keystoreMigrations), allowUnsafe }),
  );
  readiness.add({ name: 'kek', check: () => provider.health() });

  const app = await NestFactory.createApplicationContext(
    AuthModule.with({
      config,
      log,
      connection,
      db,
      envelope,
      provider,
      rotation: new KeyRotation(provider, keys, log),
    }),
    { logger: false, abortOnError: false },
  );
  lifecycle.add('application', () => app.close());
  const [server, relay, housekeeping] = [app.get(BusServer), app.get(OutboxRelay), app.get(Housekeeping)];
  const trust = app.get(TrustStore);
  const localTrust = app.get(LocalTrust);
  lifecycle.add('trust', () => localTrust.stop());
  connection.onReconnect(() => {
    relay.suspect();
    // Signals of other replicas were missed meanwhile.
    void localTrust.poll();
  });
  relay.start();
  lifecycle.add('relay', () => relay.stop());
  housekeeping.start();
  lifecycle.add('housekeeping', () => housekeeping.stop());
  lifecycle.add('requests', () => server.drain());
  lifecycle.add('readiness', () => readiness.leave());
  readiness.add(server.readiness);
  readiness.add({
    name: 'trust',
    check: () => {
      if (!trust.hasKeys()) throw new Error('no signing keys yet');
    },
  });
  isOpen = true;
  await localTrust.start();
}

await runService(log, config.SHUTDOWN_DEADLINE_MS, start);
