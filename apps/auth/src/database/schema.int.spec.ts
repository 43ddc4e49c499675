import { FixedClock } from '@relais/testing';
import { type AuthDatabases, authDatabases } from '../../test/databases.js';

/** Tables that belong to the installation, or are read before the organization is known. They hold no names and no content. */
const SYSTEM_TABLES = [
  'address_change',
  'bootstrap',
  'inbox',
  'login_throttle',
  'migrations',
  'organization_handle',
  'outbox',
  'outbox_cursor',
  'revocation',
  'signing_key',
];

describe('the schema of auth', () => {
  let databases: AuthDatabases;

  beforeAll(async () => {
    databases = await authDatabases(new FixedClock());
  });

  afterAll(() => databases.close());

  const ask = <Row>(sql: string): Promise<Row[]> => databases.db.query(sql);

  it('is used by a role that owns nothing and cannot pass row-level security (A-55)', async () => {
    const [role] = await ask<object>(
      `SELECT r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb,
         (SELECT count(*)::int FROM pg_class c WHERE c.relowner = r.oid) AS owned
       FROM pg_roles r WHERE r.rolname = current_user`,
    );

    expect(role).toEqual({ rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcreatedb: false, owned: 0 });
  });

  it('begins without an account that somebody could know, and without a way in (A-24)', async () => {
    const found = await ask<object>(
      'SELECT (SELECT count(*)::int FROM organization_handle) AS organizations, (SELECT count(*)::int FROM bootstrap) AS ways_in',
    );

    expect(found).toEqual([{ organizations: 0, ways_in: 0 }]);
  });

  it('forces row-level security on every table but those of the installation (A-59)', async () => {
    const open = await ask<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
         AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
       ORDER BY 1`,
    );

    expect(open.map(({ name }) => name)).toEqual(SYSTEM_TABLES);
  });

  it('starts every unique index of a tenant table with the organization', async () => {
    const indexes = await ask<{ table: string; index: string; first: string }>(
      `SELECT t.relname AS "table", i.relname AS index, a.attname AS first
       FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
       JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
       WHERE t.relnamespace = 'public'::regnamespace AND x.indisunique`,
    );
    const ofTenants = indexes.filter(({ table }) => !SYSTEM_TABLES.includes(table));

    expect(ofTenants.length).toBeGreaterThan(8);
    expect(ofTenants.filter(({ first }) => first !== 'organization_id')).toEqual([]);
  });

  it('says of every column what it reveals, what it is for and how long it stays', async () => {
    const silent = await ask<object>(
      `SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'migrations'
         AND a.attnum > 0 AND NOT a.attisdropped
         AND coalesce(col_description(c.oid, a.attnum), '') !~ '^class=M[0-3];purpose=.+;retention=.+$'`,
    );

    expect(silent).toEqual([]);
  });

  it('shows no row to a transaction without an organization, and takes none', async () => {
    for (const table of [
      'organization',
      'app_user',
      'device',
      'session',
      'refresh_token',
      'invitation',
      'pool',
      'pool_user',
    ])
      expect(await ask(`SELECT * FROM ${table}`)).toEqual([]);

    const insert = `INSERT INTO organization VALUES (gen_random_uuid(), 'x', '', now())`;
    await expect(databases.db.query(insert)).rejects.toThrow('row-level security');
  });
});
