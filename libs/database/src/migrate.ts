import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@relais/observability';
import { DataSource, type Logger, type MigrationInterface, type QueryRunner } from 'typeorm';

type MigrationClass = new () => MigrationInterface;

/** Any number; the same for everyone who migrates, so that they queue. */
const LOCK = 7_263_495;
const LOCK_POLL_MS = 100;

/**
 * Brings a database to this release's schema, as its owner. Several at once are harmless: they queue on an advisory
 * lock, and the later ones find nothing to do. Migrations that were merged never change.
 *
 * @returns the names of the migrations that were run now.
 */
export async function migrate(url: string, migrations: MigrationClass[], log: Log): Promise<string[]> {
  const db = await new DataSource({ type: 'postgres', url, migrations, poolSize: 2, logger: silent }).initialize();
  const guard = db.createQueryRunner();
  try {
    await lock(guard);
    const run = await db.runMigrations({ transaction: 'each' });
    for (const { name } of run) log.info({ event: 'migration.applied', step: name });
    return run.map(({ name }) => name);
  } finally {
    await guard.query('SELECT pg_advisory_unlock($1)', [LOCK]).catch(() => undefined);
    await guard.release();
    await db.destroy();
  }
}

/**
 * NOTE: asks again instead of waiting in the database: CREATE INDEX CONCURRENTLY waits for every statement that is under way, also
 * for one that waits for this lock, and neither would end.
 */
async function lock(guard: QueryRunner): Promise<void> {
  for (;;) {
    const [row]: { locked: boolean }[] = await guard.query('SELECT pg_try_advisory_lock($1) AS locked', [LOCK]);
    if (row?.locked) return;
    await sleep(LOCK_POLL_MS);
  }
}

/** TypeORM would print a migration that fails beside the log; it is thrown to whoever migrates, and logged there. */
const silent: Logger = {
  logQuery: () => undefined,
  logQueryError: () => undefined,
  logQuerySlow: () => undefined,
  logSchemaBuild: () => undefined,
  logMigration: () => undefined,
  log: () => undefined,
};

/** The names under which migrations are recorded. */
export const migrationNames = (migrations: MigrationClass[]): string[] => migrations.map((migration) => migration.name);

/**
 * Row-level security for a tenant table: rows of other organizations do not exist, even for the owner. Outside
 * `withOrganization` the setting is empty, and no row is visible.
 */
export const protect = (table: string): string => `
  ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
  ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
  CREATE POLICY organization ON ${table}
    USING (organization_id = nullif(current_setting('relais.org', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('relais.org', true), '')::uuid);`;
