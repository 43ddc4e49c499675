import { type BusConnection, connectNats } from '@relais/bus';
import {
  Envelope,
  FileKeyProvider,
  type KeyProvider,
  KeyRotation,
  keystoreMigrations,
  PostgresKeyStore,
} from '@relais/crypto';
import { DatabaseTime, databaseReadiness, type migrate, migrationNames, openDatabase } from '@relais/database';
import { type Lifecycle, type Log, type Readiness, ReferenceClock } from '@relais/observability';
import type { DataServiceConfig } from './env.js';

/** What a service has at hand before its own parts are made. */
export interface Opened<Config extends DataServiceConfig = DataServiceConfig> {
  config: Config;
  log: Log;
  connection: BusConnection;
  db: Awaited<ReturnType<typeof openDatabase>>;
  envelope: Envelope;
  provider: KeyProvider;
  rotation: KeyRotation;
  /** The database's time, which all replicas share. */
  clock: ReferenceClock;
}

interface Opening<Config extends DataServiceConfig> {
  service: string;
  config: Config;
  migrations: Parameters<typeof migrate>[1];
  log: Log;
  lifecycle: Lifecycle;
  readiness: Readiness;
}

/** Connects to NATS, the service's database, the keystore and the keys, each with its readiness and its way to go. */
export async function open<Config extends DataServiceConfig>(opening: Opening<Config>): Promise<Opened<Config>> {
  const { service, config, log, lifecycle } = opening;
  const connection = await connectNats({
    url: config.NATS_URL,
    service,
    replica: config.REPLICA,
    nkeySeed: config.NATS_NKEY_SEED,
    caFile: config.NATS_CA_FILE,
    log,
  });
  lifecycle.add('nats', () => connection.close());
  return { config, log, connection, ...(await openDatabases(opening)) };
}

async function openDatabases({ config, migrations, log, lifecycle, readiness }: Opening<DataServiceConfig>) {
  const options = { statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS, applicationName: config.REPLICA, log };
  const db = await openDatabase({ ...options, url: config.DATABASE_URL, poolSize: config.DATABASE_POOL_SIZE });
  lifecycle.add('database', () => db.destroy());
  const clock = new ReferenceClock();
  const time = new DatabaseTime(db, clock, log);
  lifecycle.add('time', () => time.stop());
  await time.start();
  const keystore = await openDatabase({ ...options, url: config.KEYSTORE_URL, poolSize: 2 });
  lifecycle.add('keystore', () => keystore.destroy());
  const provider = await FileKeyProvider.open(config.KEK_FILE, log);
  lifecycle.add('kek', () => provider.close());
  const keys = new PostgresKeyStore(keystore);
  const envelope = new Envelope({ provider, store: keys, clock });
  lifecycle.add('envelope', () => envelope.close());

  const allowUnsafe = config.DATABASE_UNSAFE === 'true';
  const expected = { postgres: migrations, keystore: keystoreMigrations };
  for (const [name, database] of Object.entries({ postgres: db, keystore }) as ['postgres' | 'keystore', typeof db][])
    readiness.add(databaseReadiness(database, name, { migrations: migrationNames(expected[name]), allowUnsafe }));
  readiness.add({ name: 'kek', check: () => provider.health() });
  readiness.add(clock.readiness);
  return { db, clock, envelope, provider, rotation: new KeyRotation(provider, keys, log) };
}
