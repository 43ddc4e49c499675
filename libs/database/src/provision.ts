import pg from 'pg';

/** How one service reaches its two databases: as the owner for migrations, as the application for everything else. */
export interface ServiceUrls {
  DATABASE_OWNER_URL: string;
  KEYSTORE_OWNER_URL: string;
  DATABASE_URL: string;
  KEYSTORE_URL: string;
}

interface Roles {
  owner: string;
  app: string;
}

/** Any number; who makes databases takes it, so that several services may come at once. */
const LOCK = 7_217_001;

/**
 * Makes the databases and roles that the addresses of a service name, with their passwords, or brings what is there into the
 * same state. Nothing is ever deleted, and a password that has changed in the addresses is changed.
 *
 * @param adminUrl of somebody who may make roles and databases; a superuser is not needed
 */
export async function provision(adminUrl: string, urls: ServiceUrls): Promise<void> {
  const [owner, app] = [roleOf(urls.DATABASE_OWNER_URL), roleOf(urls.DATABASE_URL)];
  const databases = [databaseOf(urls.DATABASE_OWNER_URL), databaseOf(urls.KEYSTORE_OWNER_URL)];
  const roles = { owner: owner.name, app: app.name };
  await onDatabase(adminUrl, 'postgres', urls, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    for (const { name, password } of [owner, app]) await makeRole(client, name, password);
    await client.query(`GRANT ${pg.escapeIdentifier(roles.owner)} TO CURRENT_USER`);
    for (const name of databases) await makeDatabase(client, name, roles);
  });
  for (const name of databases) await onDatabase(adminUrl, name, urls, (client) => grant(client, roles));
}

function roleOf(url: string): { name: string; password: string } {
  const { username, password } = new URL(url);
  if (!username || !password) throw new Error('an address of a service names no role or no password');
  return { name: decodeURIComponent(username), password: decodeURIComponent(password) };
}

const databaseOf = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1));

/** How the server is verified is said in the addresses of the service; that of an administrator may not know. */
async function onDatabase(
  adminUrl: string,
  name: string,
  { DATABASE_OWNER_URL }: ServiceUrls,
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const url = Object.assign(new URL(adminUrl), { pathname: `/${name}` });
  if (!url.search) url.search = new URL(DATABASE_OWNER_URL).search;
  const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** Neither superuser nor able to pass row-level security by. */
async function makeRole(client: pg.Client, role: string, password: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  const verb = rowCount === 0 ? 'CREATE' : 'ALTER';
  await client.query(
    `${verb} ROLE ${pg.escapeIdentifier(role)} LOGIN NOCREATEDB NOCREATEROLE PASSWORD ${pg.escapeLiteral(password)}`,
  );
  const { rows } = await client.query('SELECT rolsuper OR rolbypassrls AS mighty FROM pg_roles WHERE rolname = $1', [
    role,
  ]);
  if (rows[0].mighty)
    throw new Error(`the role ${role} is a superuser or passes row-level security by: take that away`);
}

async function makeDatabase(client: pg.Client, name: string, { owner, app }: Roles): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (rowCount === 0)
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} OWNER ${pg.escapeIdentifier(owner)}`);
  await client.query(`REVOKE ALL ON DATABASE ${pg.escapeIdentifier(name)} FROM PUBLIC`);
  await client.query(`GRANT CONNECT ON DATABASE ${pg.escapeIdentifier(name)} TO ${pg.escapeIdentifier(app)}`);
}

/** On tables to come: rows may be read and written, tables may not be emptied, changed or made. */
async function grant(client: pg.Client, { owner, app }: Roles): Promise<void> {
  const defaults = `ALTER DEFAULT PRIVILEGES FOR ROLE ${pg.escapeIdentifier(owner)}`;
  const to = `TO ${pg.escapeIdentifier(app)}`;
  await client.query(`${defaults} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES ${to}`);
  await client.query(`${defaults} GRANT USAGE ON SEQUENCES ${to}`);
}
