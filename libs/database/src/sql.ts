import type { EntityManager } from 'typeorm';
import { timed, verbOf } from './query-duration.js';
import type { PgClient } from './transaction.js';

/** An open transaction. What is done with it is in the `*.postgres.ts` files. */
export type Tx = EntityManager;

/** Runs a statement and gives its rows, whatever its kind: TypeORM's `query` answers an UPDATE in another shape than a SELECT. */
export async function rows<Row>(tx: Tx, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = (await tx.queryRunner?.connect()) as PgClient | undefined;
  if (!client) throw new Error('outside of a transaction');
  const result = await timed(verbOf(text), client.query({ text, values }));
  return result.rows as Row[];
}

/** The only row, or null. */
export async function row<Row>(tx: Tx, text: string, values: unknown[] = []): Promise<Row | null> {
  const [first] = await rows<Row>(tx, text, values);
  return first ?? null;
}

/** Whether this is PostgreSQL refusing a second row under that constraint. */
export const violates = (thrown: unknown, constraint: string): boolean =>
  thrown instanceof Error &&
  'code' in thrown &&
  thrown.code === '23505' &&
  'constraint' in thrown &&
  thrown.constraint === constraint;
