import pg from 'pg';
import { type FreshDatabase, freshDatabase, testPostgres } from './index.js';

describe('a fresh database', () => {
  let database: FreshDatabase;

  beforeAll(async () => {
    database = await freshDatabase();
  });

  afterAll(async () => {
    await database.drop();
    const left = await ask(testPostgres(), 'SELECT FROM pg_database WHERE datname = $1', [database.name]);
    expect(left.rowCount).toBe(0);
  });

  async function ask(url: string, sql: string, values: unknown[] = []): Promise<pg.QueryResult> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return client.query(sql, values).finally(() => client.end());
  }

  it('lets the application write rows of tables the owner makes, and not empty or change them', async () => {
    await ask(database.ownerUrl, 'CREATE TABLE note (id integer GENERATED ALWAYS AS IDENTITY, body text)');

    await ask(database.appUrl, `INSERT INTO note (body) VALUES ('hello')`);

    await expect(ask(database.appUrl, 'TRUNCATE note')).rejects.toThrow('permission denied');
    await expect(ask(database.appUrl, 'ALTER TABLE note ADD more text')).rejects.toThrow('must be owner');
    await expect(ask(database.appUrl, 'CREATE TABLE other ()')).rejects.toThrow('permission denied');
  });

  it('gives the application no way around row-level security', async () => {
    const { rows } = await ask(
      database.appUrl,
      'SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user',
    );

    expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false }]);
  });
});
