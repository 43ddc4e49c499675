import { once } from 'node:events';
import { connect } from 'node:net';
import pg from 'pg';

export interface TableRows {
  database: string;
  table: string;
  /** All rows with all columns as XML; bytes in hexadecimal. */
  rows: string;
}

/** Everything in every database of a server, as its superuser, past row-level security. */
export async function databaseRows(serverUrl: string): Promise<TableRows[]> {
  const databases = await query<{ name: string }>(
    serverUrl,
    'postgres',
    'SELECT datname AS name FROM pg_database WHERE datallowconn AND NOT datistemplate',
  );
  const found = await Promise.all(
    databases.map(async ({ name: database }) => {
      const tables = await query<{ table: string; rows: string }>(
        serverUrl,
        database,
        `SELECT c.relname AS table, table_to_xml(c.oid::regclass, true, false, '')::text AS rows
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`,
      );
      return tables.map((table) => ({ database, ...table }));
    }),
  );
  return found.flat();
}

async function query<Row extends pg.QueryResultRow>(serverUrl: string, database: string, sql: string): Promise<Row[]> {
  const url = Object.assign(new URL(serverUrl), { pathname: `/${database}` });
  const client = new pg.Client({ connectionString: url.href, options: '-c xmlbinary=hex' });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The names of all keys of a Redis, as the server writes them. */
export async function redisKeys(url: string): Promise<string> {
  const { hostname, port, password } = new URL(url);
  const socket = connect(Number(port), hostname);
  let said = '';
  socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
  socket.write(`AUTH ${decodeURIComponent(password)}\r\nKEYS *\r\nQUIT\r\n`);
  await once(socket, 'close');
  if (!said.startsWith('+OK')) throw new Error(said);
  return said.slice('+OK\r\n*0\r\n+OK\r\n'.length);
}

/** Base64 of the middle of the words, for each of the three ways in which they may be aligned. */
const inBase64 = (words: string): string[] =>
  [0, 1, 2].map((shift) => {
    const encoded = Buffer.from(' '.repeat(shift) + words).toString('base64');
    return encoded.slice(4, encoded.length - 4);
  });

/** Whether a text holds these words: as they are, in hexadecimal, or in base64. */
export const holds = (text: string, words: string): boolean =>
  [words, ...inBase64(words)].some((form) => text.includes(form)) ||
  text.toLowerCase().includes(Buffer.from(words).toString('hex'));
