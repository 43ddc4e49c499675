import { AppError, type OrganizationId } from '@relais/kernel';
import { counter } from '@relais/observability';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { asUnavailable, isSilence } from './open-database.js';
import { timed } from './query-duration.js';

const unknownOutcomes = counter('relais_db_commit_unknown_total', 'Commits whose outcome could not be learned');

/** What a transaction needs of the pg client that TypeORM hands out. */
export interface PgClient {
  query(
    query: string | { name?: string; text: string; values?: unknown[] },
  ): Promise<{ rows: unknown[]; command?: string }>;
  on(event: 'notice', listener: (notice: { code?: string }) => void): void;
  off(event: 'notice', listener: (notice: { code?: string }) => void): void;
  end(): Promise<void>;
  connection: { stream: { cork(): void; uncork(): void } };
}

export interface TransactionOptions {
  /** Longest wait for COMMIT, in milliseconds; after it the outcome is unknown. Default 5 000. */
  commitTimeoutMs?: number;
}

/**
 * Runs `work` in one transaction that sees and writes rows of this organization only (row-level security).
 * Read committed; rolled back when `work` throws.
 *
 * @throws AppError `database_unavailable` when nothing was written; `outcome_unknown` when COMMIT did not answer, or
 *   answered without the guarantee: the caller must ask again with the same ids to learn the truth. Errors of `work`
 *   and of deferred constraints as they are: nothing was written. Also when `work` swallowed the error of a statement.
 */
export function withOrganization<Result>(
  db: DataSource,
  organizationId: OrganizationId,
  work: (tx: EntityManager) => Promise<Result>,
  options: TransactionOptions = {},
): Promise<Result> {
  return transaction(
    db,
    `BEGIN; SELECT set_config('relais.org', '${assertUuid(organizationId)}', true)`,
    work,
    options,
  );
}

/** A transaction over tables that belong to no organization; it sees no row of any. */
export function withoutOrganization<Result>(
  db: DataSource,
  work: (tx: EntityManager) => Promise<Result>,
  options: TransactionOptions = {},
): Promise<Result> {
  return transaction(db, 'BEGIN', work, options);
}

/** `SET LOCAL` takes no parameters, so the id is checked to be nothing but a UUID. */
function assertUuid(id: string): string {
  if (!/^[0-9a-f-]{36}$/.test(id)) throw new Error('not a UUID');
  return id;
}

async function transaction<Result>(
  db: DataSource,
  begin: string,
  work: (tx: EntityManager) => Promise<Result>,
  { commitTimeoutMs = 5_000 }: TransactionOptions,
): Promise<Result> {
  const runner = db.createQueryRunner();
  try {
    const client = (await runner.connect()) as PgClient;
    // Not waited for: the first statement of `work` travels with it, one round trip less. The server takes them in order.
    const begun = together(client, () => client.query(begin));
    markActive(runner, true);
    const result = await bothDone(begun, work(runner.manager)).catch(async (error: unknown) => {
      await rollback(client, error);
      throw error;
    });
    await commit(client, commitTimeoutMs).catch(async (error: unknown) => {
      if (error instanceof RolledBack) await lastStatements.get(runner.manager);
      throw error;
    });
    committed.get(runner.manager)?.();
    return result;
  } catch (error) {
    throw asUnavailable(error);
  } finally {
    markActive(runner, false);
    await runner.release();
  }
}

const committed = new WeakMap<EntityManager, () => void>();

/** Runs `work` once this transaction has committed, and not otherwise; a second call takes the place of the first. */
export const onceCommitted = (tx: EntityManager, work: () => void): void => void committed.set(tx, work);

const lastStatements = new WeakMap<EntityManager, Promise<unknown>>();

/**
 * Lets COMMIT travel right behind this statement instead of waiting for its answer: one round trip less. For a last
 * statement that either does all it should or fails, for when it fails the server answers COMMIT with ROLLBACK, and the
 * transaction throws the statement's error. Nothing may be sent after it.
 */
export function lastly(tx: EntityManager, statement: () => Promise<unknown>): void {
  const client = (tx.queryRunner as unknown as { databaseConnection: PgClient }).databaseConnection;
  lastStatements.set(tx, together(client, statement));
}

/** What is sent now and what is sent until the end of this turn leave in one write. */
function together<Sent>(client: PgClient, send: () => Promise<Sent>): Promise<Sent> {
  const { stream } = client.connection;
  stream.cork();
  setImmediate(() => stream.uncork());
  const sent = send();
  sent.catch(() => undefined);
  return sent;
}

/** Waits for both to end, so that nothing follows behind a ROLLBACK; the first one's error is why the second one failed. */
async function bothDone<Result>(first: Promise<unknown>, second: Promise<Result>): Promise<Result> {
  await Promise.allSettled([first, second]);
  await first;
  return second;
}

/**
 * TypeORM must know, or a repository's save() would begin a transaction of its own inside this one, and `tx.transaction`
 * would commit it instead of setting a savepoint.
 */
function markActive(runner: QueryRunner, isActive: boolean): void {
  Object.assign(runner, { isTransactionActive: isActive, transactionDepth: isActive ? 1 : 0 });
}

/** A server that has not answered the statement will not answer this either: the connection is given up instead. */
async function rollback(client: PgClient, reason: unknown): Promise<void> {
  if (isSilence(reason)) return void client.end().catch(() => undefined);
  await client.query('ROLLBACK').catch(() => undefined);
}

/**
 * COMMIT has three outcomes: done, refused, unknown. `statement_timeout` does not bound the wait for a standby, and a
 * cancelled wait resolves as success with a warning: both count as unknown here.
 */
async function commit(client: PgClient, timeoutMs: number): Promise<void> {
  let isDoubtful = false;
  const onNotice = ({ code }: { code?: string }) => (isDoubtful ||= code === '01000' || code === '57P01');
  client.on('notice', onNotice);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('COMMIT did not answer')), timeoutMs);
  });
  try {
    const answer = timed('commit', client.query('COMMIT'));
    answer.catch(() => undefined);
    const { command } = await Promise.race([answer, late]);
    if (isDoubtful) throw new Error('committed without the guarantee asked for');
    // After a failed statement PostgreSQL answers COMMIT with ROLLBACK, and no error.
    if (command !== 'COMMIT') throw new RolledBack();
  } catch (error) {
    if (error instanceof RolledBack || isRefusal(error)) throw error;
    void client.end().catch(() => undefined);
    unknownOutcomes.inc();
    throw new AppError('unavailable', 'outcome_unknown', undefined, { cause: error, retryAfterMs: 1_000 });
  } finally {
    clearTimeout(timer);
    client.off('notice', onNotice);
  }
}

class RolledBack extends Error {
  constructor() {
    super('rolled back: a statement of this transaction had failed');
  }
}

/**
 * Whether the server decided not to commit: a deferred constraint, a conflict, a statement that took too long. It says so
 * with an error of these classes before it writes the commit, and the session goes on.
 */
const isRefusal = (error: unknown): boolean => {
  const { code = '', severity } = error as { code?: string; severity?: string };
  return severity === 'ERROR' && /^(2|4|55|57014|P0)/.test(code);
};

/** Runs a statement that the server plans once per connection; for the few on the path of a message. */
export async function prepared<Row>(tx: EntityManager, name: string, text: string, values: unknown[]): Promise<Row[]> {
  const client = (await (tx.queryRunner as QueryRunner).connect()) as PgClient;
  const { rows } = await timed(name, client.query({ name, text, values }));
  return rows as Row[];
}
