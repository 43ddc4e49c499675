import type { FreshDatabase } from '@relais/testing';
import pg from 'pg';

/**
 * Gives a database a clock of its own: whoever connects as the application from now on finds functions of ours before those of
 * PostgreSQL. Everything else is real: its rules of time zones, its transactions, its locks.
 */
export class OwnClock {
  private constructor(private readonly client: pg.Client) {}

  static async in({ ownerUrl, appUrl }: FreshDatabase): Promise<OwnClock> {
    const client = new pg.Client({ connectionString: ownerUrl });
    await client.connect();
    await client.query(`
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
    const app = new pg.Client({ connectionString: appUrl });
    await app.connect();
    await app.query('ALTER ROLE CURRENT_USER SET search_path = own_clock, pg_catalog, public');
    await app.end();
    return new OwnClock(client);
  }

  /** It is this now, and goes on from there. */
  async set(at: number): Promise<void> {
    await this.client.query('UPDATE own_clock.shift SET seconds = $1 - extract(epoch FROM clock_timestamp())', [
      at / 1_000,
    ]);
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
