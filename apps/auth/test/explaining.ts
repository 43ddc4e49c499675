import type { Tx } from '../src/database/database.js';

interface Statement {
  text: string;
  values: unknown[];
}
interface Client {
  query(statement: Statement): Promise<{ rows: Record<string, string>[] }>;
}

/** The plan that PostgreSQL makes, and follows, for the one statement of this work, in the place of its result. */
export async function explaining(tx: Tx, work: (explained: Tx) => Promise<unknown>): Promise<string> {
  const client = (await tx.queryRunner?.connect()) as Client;
  let plan = '';
  const query = async ({ text, values }: Statement) => {
    // Explained is a statement of ours, which is constant itself.
    // eslint-disable-next-line relais/parametrised-sql
    const { rows } = await client.query({ text: `EXPLAIN (ANALYZE, BUFFERS) ${text}`, values });
    plan = rows.flatMap((row) => Object.values(row)).join('\n');
    return { rows: [] };
  };
  await work({ queryRunner: { connect: () => Promise.resolve({ query }) } } as unknown as Tx);
  return plan;
}
