import { migrate, openDatabase } from '@relais/database';
import { silentLog } from '@relais/observability';
import { type FreshDatabase, freshDatabase } from '@relais/testing';
import type { DataSource } from 'typeorm';
import { migrations } from '../src/database/migrations.js';

export interface AlertingDatabase {
  fresh: FreshDatabase;
  /** Connected as the service is: neither owner nor superuser. */
  db: DataSource;
  close(): Promise<void>;
}

/** A database of its own for one test file, with the schema of alerting. */
export async function alertingDatabase(poolSize = 10): Promise<AlertingDatabase> {
  const fresh = await freshDatabase();
  await migrate(fresh.ownerUrl, migrations, silentLog);
  const options = { applicationName: 'test', poolSize, statementTimeoutMs: 5_000, log: silentLog };
  const db = await openDatabase({ url: fresh.appUrl, ...options });
  const close = async () => {
    await db.destroy();
    await fresh.drop();
  };
  return { fresh, db, close };
}
