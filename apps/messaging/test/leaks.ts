import { testPostgres } from '@relais/testing';
import pg from 'pg';

/**
 * Looks through every column of every table of a database, past row-level security, for words that must not be there:
 * as text, and in bytes as they are, in hexadecimal and in base64.
 *
 * @returns the tables that hold them.
 */
export async function tablesWith(database: string, words: string): Promise<string[]> {
  const client = new pg.Client({
    connectionString: Object.assign(new URL(testPostgres()), { pathname: `/${database}` }).href,
  });
  await client.connect();
  try {
    await client.query('SET xmlbinary = hex');
    const tables = await client.query<{ name: string; rows: string }>(
      `SELECT c.relname AS name, table_to_xml(c.oid::regclass, true, false, '')::text AS rows
       FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'`,
    );
    return tables.rows.filter(({ rows }) => holds(rows, words)).map(({ name }) => name);
  } finally {
    await client.end();
  }
}

/** Base64 of the middle of the words, for each of the three ways in which they may be aligned. */
const inBase64 = (words: string): string[] =>
  [0, 1, 2].map((shift) => {
    const encoded = Buffer.from(' '.repeat(shift) + words).toString('base64');
    return encoded.slice(4, encoded.length - 4);
  });

export const holds = (text: string, words: string): boolean =>
  [words, ...inBase64(words)].some((form) => text.includes(form)) ||
  text.toLowerCase().includes(Buffer.from(words).toString('hex'));
