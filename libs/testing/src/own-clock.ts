import pg from 'pg';

/**
 * Gives a database a clock of its own: whoever connects as the application from now on finds functions of ours before those of
 * PostgreSQL. Everything else is real: its rules of time zones, its transactions, its locks.
 */
export class OwnClock {
  private constructor(
    private readonly client: pg.Client,
    private readonly appUrl: string,
  ) {}

  static async in({ ownerUrl, appUrl }: { ownerUrl: string; appUrl: string }): Promise<OwnClock> {
    const client = new pg.Client({ connectionString: ownerUrl });
    await client.connect();
    await client.query(`
      DROP SCHEMA IF EXISTS own_clock CASCADE;
      CREATE SCHEMA own_clock;
      CREATE TABLE own_clock.shift (seconds float8 NOT NULL);
      INSERT INTO own_clock.shift VALUES (0);
      GRANT USAGE ON SCHEMA own_clock TO PUBLIC;
      GRANT SELECT ON own_clock.shift TO PUBLIC;
      CREATE FUNCTION own_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
        'SELECT pg_catalog.clock_timestamp() + make_interval(secs => (SELECT s.seconds FROM own_clock.shift s))';
      CREATE FUNCTION own_clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS
        'SELECT pg_catalog.now() + make_interval(secs => (SELECT s.seconds FROM own_clock.shift s))';
    `);
    await asOnce(appUrl, 'ALTER ROLE CURRENT_USER SET search_path = own_clock, pg_catalog, public');
    return new OwnClock(client, appUrl);
  }

  /** It is this now, and goes on from there. */
  async set(at: number): Promise<void> {
    await this.client.query('UPDATE own_clock.shift SET seconds = $1 - extract(epoch FROM clock_timestamp())', [
      at / 1_000,
    ]);
  }

  /** Whoever connects from now on has the clock of PostgreSQL; whoever has the other one is to end. */
  async remove(): Promise<void> {
    await asOnce(this.appUrl, 'ALTER ROLE CURRENT_USER RESET search_path');
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}

async function asOnce(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
