import { types } from 'node:util';
import { dependency, gauge, type Log, type ReadinessCheck } from '@relais/observability';
import { AppError } from '@relais/kernel';
import { DataSource, type EntityTarget, type MixedList } from 'typeorm';

const connections = gauge('relais_db_pool_connections', 'Connections of the pool, by state', ['state']);

const schemaVersion = gauge('relais_schema_version', 'Migrations applied to the database');
const schemaRequired = gauge('relais_schema_required', 'Migrations that this release knows');

export interface DatabaseOptions {
  url: string;
  applicationName: string;
  poolSize: number;
  statementTimeoutMs: number;
  entities?: EntityTarget<object>[];
  log: Log;
}

/** How much longer than the server's own limit the client waits for a statement before it gives up the connection. */
const SILENCE_MS = 2_000;

/**
 * Opens a pool whose every wait has an end: connecting 2 s, a lock 2 s, a statement as configured, an idle transaction
 * 5 s, a silent server 2 s longer than a statement may take, a silent client 10 s. A paused replica that holds a row lock therefore blocks others for seconds, not for ever.
 * Retries until the server answers; the pool reconnects by itself later.
 */
export async function openDatabase(options: DatabaseOptions): Promise<DataSource> {
  const { url, applicationName, poolSize, statementTimeoutMs, entities = [], log } = options;
  const source = new DataSource({
    type: 'postgres',
    url,
    applicationName,
    entities: entities as MixedList<never>,
    synchronize: false,
    migrationsRun: false,
    poolSize,
    connectTimeoutMS: 2_000,
    poolErrorHandler: (error: unknown) => log.warn({ event: 'database.connection_lost', error }),
    extra: {
      pipeline: true,
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + SILENCE_MS,
      lock_timeout: 2_000,
      idle_in_transaction_session_timeout: 5_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5_000,
      // Statements here are short: compiling one takes longer than running it, a hundred times where the planner knows little.
      options: '-c tcp_user_timeout=10000 -c jit=off',
    },
  });
  for (let attempt = 1; ; attempt++) {
    try {
      await source.initialize();
      dropSilentConnections(source);
      return source;
    } catch (error) {
      log.warn({ event: 'database.connect_failed', attempt, error });
      if (attempt >= 60) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.min(attempt * 100, 1_000)));
    }
  }
}

/** A query that the client has given up still waits on its connection, and the next one would wait behind it. */
function dropSilentConnections(db: DataSource): void {
  poolOf(db).on('release', (_: unknown, client: PoolClient) => {
    if (client._getActiveQuery()) void client.end().catch(() => undefined);
  });
}

/** Ready means: the server answers, every migration this release knows is applied, and commits go to disk. */
export const databaseReadiness = (
  db: DataSource,
  name: 'postgres' | 'keystore',
  { migrations, allowUnsafe }: { migrations: readonly string[]; allowUnsafe: boolean },
): ReadinessCheck => ({
  name,
  check: async () => {
    try {
      if (!allowUnsafe) await assertDurable(db);
      await assertMigrated(db, migrations);
      countConnections(db);
      dependency(name, true);
    } catch (error) {
      dependency(name, false);
      throw error;
    }
  },
});

/** Acknowledged means on disk only if the server really syncs; a server that does not is refused. */
async function assertDurable(db: DataSource): Promise<void> {
  const settings: { name: string; setting: string }[] = await db.query(
    `SELECT s.name, s.setting FROM pg_settings s WHERE s.name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'synchronous_standby_names')`,
  );
  const value = new Map(settings.map((row) => [row.name, row.setting]));
  const hasStandby = (value.get('synchronous_standby_names') ?? '') !== '';
  const weak = hasStandby ? ['off', 'local'] : ['off'];
  const problems = [
    ...['fsync', 'full_page_writes'].filter((name) => value.get(name) !== 'on').map((name) => `${name} is off`),
    ...(weak.includes(value.get('synchronous_commit') ?? '') ? ['synchronous_commit is too weak'] : []),
  ];
  if (problems.length > 0) throw new Error(`would lose acknowledged data: ${problems.join(', ')}`);
}

/** @throws Error that names what is missing */
export async function assertMigrated(db: DataSource, names: readonly string[]): Promise<void> {
  const applied = await appliedMigrations(db);
  const missing = names.filter((name) => !applied.has(name));
  schemaVersion.set(applied.size);
  schemaRequired.set(names.length);
  if (missing.length > 0) throw new Error(`schema is behind, run the migration: ${missing.join(', ')}`);
}

async function appliedMigrations(db: DataSource): Promise<Set<string>> {
  const [table]: { exists: boolean }[] = await db.query(`SELECT to_regclass('migrations') IS NOT NULL AS exists`);
  if (!table?.exists) return new Set();
  const rows: { name: string }[] = await db.query('SELECT m.name FROM migrations m');
  return new Set(rows.map((row) => row.name));
}

interface PoolClient {
  _getActiveQuery(): unknown;
  end(): Promise<void>;
}

interface Pool {
  totalCount: number;
  idleCount: number;
  waitingCount: number;
  on(event: 'release', listener: (error: unknown, client: PoolClient) => void): void;
}

const poolOf = (db: DataSource): Pool => (db.driver as unknown as { master: Pool }).master;

function countConnections(db: DataSource): void {
  const { totalCount, idleCount, waitingCount } = poolOf(db);
  connections.set({ state: 'busy' }, totalCount - idleCount);
  connections.set({ state: 'idle' }, idleCount);
  connections.set({ state: 'waiting' }, waitingCount);
}

const CONNECTION_LOST = /^(08|57P0[123]|53[0-9]{3}|55P03|57014|40P01|25P03|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)/;

/** Whether a statement got no answer at all. It may still be at work. */
export const isSilence = (thrown: unknown): boolean =>
  types.isNativeError(thrown) && thrown.message === 'Query read timeout';

/** Errors of a server that is away, restarting or over its limits, as something the caller may try again. */
export function asUnavailable(thrown: unknown): unknown {
  if (thrown instanceof AppError || !types.isNativeError(thrown)) return thrown;
  const { code = '' } = thrown as Error & { code?: string };
  const isLost =
    CONNECTION_LOST.test(code) ||
    isSilence(thrown) ||
    /connection terminated|timeout exceeded when trying to connect|not queryable|already released/i.test(
      thrown.message,
    );
  return isLost
    ? new AppError('unavailable', 'database_unavailable', thrown.message, { cause: thrown, retryAfterMs: 500 })
    : thrown;
}
