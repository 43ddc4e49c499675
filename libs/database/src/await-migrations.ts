import type { Log } from '@relais/observability';
import { assertMigrated, openDatabase } from './open-database.js';

const EVERY_MS = 2_000;

/**
 * Waits until a database has every migration of this release: for what starts beside the job that migrates.
 *
 * @throws Error that names the migrations which are missing still
 */
export async function awaitMigrations(
  url: string,
  migrations: readonly string[],
  { waitSeconds, log }: { waitSeconds: number; log: Log },
): Promise<void> {
  const options = { url, applicationName: 'await-migration', poolSize: 1, statementTimeoutMs: 5_000, log };
  const db = await openDatabase(options);
  const deadline = performance.now() + waitSeconds * 1_000;
  try {
    for (;;) {
      const behind = await assertMigrated(db, migrations).then(
        () => null,
        (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
      );
      if (behind === null) return;
      if (performance.now() > deadline) throw behind;
      log.info({ event: 'migration.awaited', error: behind });
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  } finally {
    await db.destroy();
  }
}
