import { migrate } from '@relais/database';
import { silentLog } from '@relais/observability';
import { DataSource } from 'typeorm';
import { type AlertingDatabase, alertingDatabase } from '../../test/alerting-database.js';
import { migrations } from './migrations.js';

/** Tables that belong to no organization. They hold ids only; why is said where they are made. */
const WITHOUT_ORGANIZATION = [
  'address_book',
  'engine_module',
  'inbox',
  'measurement',
  'migrations',
  'outbox',
  'outbox_cursor',
  'pace',
  'timer',
];

describe('the schema of alerting (A-55, A-59)', () => {
  let database: AlertingDatabase;

  beforeAll(async () => {
    database = await alertingDatabase(2);
  });
  afterAll(() => database.close());

  const ask = <Row>(sql: string): Promise<Row[]> => database.db.query(sql);
  const tables = `SELECT c.oid, c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced
                  FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')`;

  it('protects the rows of every table, except those that belong to no organization', async () => {
    const rows = await ask<{ name: string; enabled: boolean; forced: boolean; policies: string[] }>(
      `SELECT t.name, t.enabled, t.forced, ARRAY(SELECT p.qual || ' ' || p.with_check FROM pg_policies p WHERE p.tablename = t.name) AS policies
       FROM (${tables}) t ORDER BY t.name`,
    );
    const unprotected = rows.filter(({ enabled, forced, policies }) => !enabled || !forced || policies.length !== 1);

    expect(unprotected.map(({ name }) => name)).toEqual(WITHOUT_ORGANIZATION);
    for (const { policies } of rows.filter((row) => !unprotected.includes(row)))
      expect(policies[0]?.match(/organization_id = .*current_setting\('relais\.org'/g)).toHaveLength(1);
  });

  it('puts the organization first in every key and unique index', async () => {
    const rows = await ask<{ table: string; index: string; first: string }>(
      `SELECT t.name AS table, i.relname AS index, a.attname AS first
       FROM (${tables}) t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid
       JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]`,
    );
    const others = rows.filter(({ first }) => first !== 'organization_id');

    expect(rows.length).toBeGreaterThan(others.length);
    expect([...new Set(others.map(({ table }) => table))].toSorted()).toEqual(WITHOUT_ORGANIZATION);
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

  it('says of every column of ours what it reveals, what it is for and how long it stays', async () => {
    const silent = await ask<object>(
      `SELECT t.name, a.attname FROM (${tables}) t JOIN pg_attribute a ON a.attrelid = t.oid
       WHERE t.name NOT IN ('migrations', 'outbox', 'outbox_cursor', 'inbox') AND a.attnum > 0 AND NOT a.attisdropped
         AND coalesce(col_description(t.oid, a.attnum), '') !~ '^class=M[0-3];purpose=.+;retention=.+$'`,
    );

    expect(silent).toEqual([]);
  });

  it('shows nothing to who has not said for which organization they ask', async () => {
    for (const table of ['alarm', 'alarm_step', 'alarm_recipient', 'notification', 'escalation_policy'])
      expect(await ask(`SELECT 1 FROM ${table}`)).toEqual([]);
  });

  it('can be taken down and put up again', async () => {
    const owner = await new DataSource({ type: 'postgres', url: database.fresh.ownerUrl, migrations }).initialize();
    try {
      for (const _ of migrations) await owner.undoLastMigration();
      const left: { name: string }[] = await owner.query(tables);
      expect(left.map(({ name }) => name)).toEqual(['migrations']);
    } finally {
      await owner.destroy();
    }

    expect(await migrate(database.fresh.ownerUrl, migrations, silentLog)).toEqual(migrations.map(({ name }) => name));
    expect(await migrate(database.fresh.ownerUrl, migrations, silentLog)).toEqual([]);
  });
});
