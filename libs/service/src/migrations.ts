import { keystoreMigrations } from '@relais/crypto';
import { awaitMigrations, migrate, migrationNames } from '@relais/database';
import { createLogger } from '@relais/observability';
import { awaitConfig, migrationConfig } from './env.js';

type Migrations = Parameters<typeof migrate>[1];

/** The program `migrate` of a service: the keystore first, because the service's own rows depend on it. */
export async function runMigrations(service: string, migrations: Migrations): Promise<void> {
  const config = migrationConfig();
  const log = createLogger({ service, replica: 'migrate', level: config.LOG_LEVEL });
  await migrate(config.KEYSTORE_OWNER_URL, keystoreMigrations, log);
  await migrate(config.DATABASE_OWNER_URL, migrations, log);
  log.info({ event: 'migration.done' });
}

/** The program `await-migration` of a service: ends when both databases have what this release needs. */
export async function runAwaitMigration(service: string, migrations: Migrations): Promise<void> {
  const { KEYSTORE_URL, DATABASE_URL, WAIT_SECONDS, LOG_LEVEL } = awaitConfig();
  const log = createLogger({ service, replica: 'await-migration', level: LOG_LEVEL });
  const options = { waitSeconds: WAIT_SECONDS, log };
  await awaitMigrations(KEYSTORE_URL, migrationNames(keystoreMigrations), options);
  await awaitMigrations(DATABASE_URL, migrationNames(migrations), options);
  log.info({ event: 'migration.there' });
}
