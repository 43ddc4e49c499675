import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { z } from 'zod';
import { isBuilt, workspace } from './workspace.js';

const run = promisify(execFile);

/** A PostgreSQL server on which databases may come and go, and the pg_dump that fits it. */
export interface PostgresServer {
  url: string;
  major: number;
  /** The schema of a database as pg_dump writes it, without owners and privileges. */
  dump(url: string): Promise<string>;
}

/**
 * Does some work with a server: the one that TEST_POSTGRES_URL names, else a private one that is stopped and removed
 * afterwards.
 *
 * @returns why there is none, instead of the result.
 */
export const withPostgres = async <Result>(
  work: (server: PostgresServer) => Promise<Result>,
): Promise<Result | string> => {
  const given = process.env.TEST_POSTGRES_URL;
  if (given) return withUrl(given, work);
  if (!isBuilt(DEVSTACK)) return `${DEVSTACK} is not built`;
  const stack = `test-reference-${process.pid}`;
  try {
    const { stdout } = await devstack('up', stack, '--owner', String(process.pid));
    return await withUrl(servers.parse(JSON.parse(stdout)).TEST_POSTGRES_URL, work);
  } finally {
    await devstack('down', stack, '--purge');
  }
};

const DEVSTACK = 'tools/devstack/dist/main.js';
const servers = z.object({ TEST_POSTGRES_URL: z.string() });

/** Servers that are bound to this process: should it be killed, the next test run stops them. */
const devstack = (...args: string[]) => run(process.execPath, [join(workspace, DEVSTACK), 'servers', ...args]);

const withUrl = async <Result>(
  url: string,
  work: (server: PostgresServer) => Promise<Result>,
): Promise<Result | string> => {
  const major = await majorOf(url);
  const pgDump = findPgDump(major);
  if (!pgDump) return `there is no pg_dump of version ${major} on this machine`;
  return work({ url, major, dump: (database) => dump(pgDump, database) });
};

const majorOf = async (url: string): Promise<number> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ version: string }>("SELECT current_setting('server_version_num') AS version");
    return Math.floor(Number(rows[0]?.version) / 10_000);
  } finally {
    await client.end();
  }
};

/** Debian keeps versions side by side; elsewhere the PATH decides. */
const findPgDump = (major: number): string | undefined =>
  [`/usr/lib/postgresql/${major}/bin`, ...(process.env.PATH ?? '').split(delimiter)]
    .map((folder) => join(folder, 'pg_dump'))
    .find((file) => existsSync(file));

const dump = async (pgDump: string, url: string): Promise<string> => {
  const { stdout } = await run(pgDump, ['--schema-only', '--no-owner', '--no-privileges', '--dbname', url], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
};
