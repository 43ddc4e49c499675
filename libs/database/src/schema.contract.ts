import { silentLog } from '@relais/observability';
import { DataSource, type MigrationInterface } from 'typeorm';
import { migrate } from './migrate.js';

export interface SchemaWorld {
  /** Connected as the service is. */
  db: DataSource;
  ownerUrl: string;
}

export interface ServiceSchema {
  migrations: (new () => MigrationInterface)[];
  /** Tables that belong to no organization, by name; why is said where they are made. */
  withoutOrganization: readonly string[];
  /** Some of the tables with rows of organizations. */
  hidden: readonly string[];
}

/** Every table of a schema, as a subquery. */
export const TABLES = `SELECT c.oid, c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced
                       FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')`;

/** Columns of all tables but these of which nobody says what they reveal, what they are for and how long they stay. */
export const undescribedColumns = (db: DataSource, except: readonly string[]): Promise<object[]> =>
  db.query(
    `SELECT t.name, a.attname FROM (${TABLES}) t JOIN pg_attribute a ON a.attrelid = t.oid
     WHERE t.name <> ALL ($1) AND a.attnum > 0 AND NOT a.attisdropped
       AND coalesce(col_description(t.oid, a.attnum), '') !~ '^class=M[0-3];purpose=.+;retention=.+$'`,
    [except],
  );

/** What holds of the schema of every service that keeps rows of organizations. */
export function schemaContract(world: () => SchemaWorld, schema: ServiceSchema): void {
  const { migrations, withoutOrganization, hidden } = schema;
  const ask = <Row>(sql: string): Promise<Row[]> => world().db.query(sql);

  it('protects the rows of every table, except those that belong to no organization', async () => {
    const rows = await ask<{ name: string; enabled: boolean; forced: boolean; policies: string[] }>(
      `SELECT t.name, t.enabled, t.forced, ARRAY(SELECT p.qual || ' ' || p.with_check FROM pg_policies p WHERE p.tablename = t.name) AS policies
       FROM (${TABLES}) t ORDER BY t.name`,
    );
    const unprotected = rows.filter(({ enabled, forced, policies }) => !enabled || !forced || policies.length !== 1);

    expect(unprotected.map(({ name }) => name)).toEqual(withoutOrganization);
    for (const { policies } of rows.filter((row) => !unprotected.includes(row)))
      expect(policies[0]?.match(/organization_id = .*current_setting\('relais\.org'/g)).toHaveLength(1);
  });

  it('puts the organization first in every key and unique index', async () => {
    const rows = await ask<{ table: string; index: string; first: string }>(
      `SELECT t.name AS table, i.relname AS index, a.attname AS first
       FROM (${TABLES}) t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid
       JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]`,
    );
    const others = rows.filter(({ first }) => first !== 'organization_id');

    expect(rows.length).toBeGreaterThan(others.length);
    expect([...new Set(others.map(({ table }) => table))].toSorted()).toEqual(withoutOrganization);
  });

  it('keeps organizations apart in foreign keys, too', async () => {
    const rows = await ask<{ name: string; first: string }>(
      `SELECT k.conname AS name, a.attname AS first FROM pg_constraint k
       JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] WHERE k.contype = 'f'`,
    );

    expect(rows.filter(({ first }) => first !== 'organization_id')).toEqual([]);
  });

  it('is used by a role that owns nothing and cannot get around any of this', async () => {
    const [role] = await ask<Record<string, boolean>>(
      `SELECT r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb,
              EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid) AS owns,
              pg_has_role(r.rolname, (SELECT d.datdba FROM pg_database d WHERE d.datname = current_database()), 'MEMBER') AS "isOwner"
       FROM pg_roles r WHERE r.rolname = current_user`,
    );

    expect(role).toEqual({
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
      owns: false,
      isOwner: false,
    });
  });

  it('shows nothing to who has not said for which organization they ask', async () => {
    for (const table of hidden) expect(await ask(`SELECT 1 FROM ${table}`)).toEqual([]);
  });

  it('can be taken down and put up again', async () => {
    const { ownerUrl } = world();
    const owner = await new DataSource({ type: 'postgres', url: ownerUrl, migrations }).initialize();
    try {
      for (const _ of migrations) await owner.undoLastMigration();
      const left: { name: string }[] = await owner.query(TABLES);
      expect(left.map(({ name }) => name)).toEqual(['migrations']);
    } finally {
      await owner.destroy();
    }

    expect(await migrate(ownerUrl, migrations, silentLog)).toEqual(migrations.map(({ name }) => name));
    expect(await migrate(ownerUrl, migrations, silentLog)).toEqual([]);
  });
}
