import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an organization keeps, by its age. Built beside the writing of messages, which goes on meanwhile; may be repeated. */
export class EntriesByAge1764300000001 implements MigrationInterface {
  readonly transaction = false;

  async up(db: QueryRunner): Promise<void> {
    // What an earlier attempt has left is not valid.
    await db.query('DROP INDEX CONCURRENTLY IF EXISTS entry_kept');
    await db.query(`
      CREATE INDEX CONCURRENTLY entry_kept ON entry (organization_id, recorded_at)
        WHERE cleared_at IS NULL AND kind IN ('message', 'edit', 'reaction')
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP INDEX IF EXISTS entry_kept');
  }
}
