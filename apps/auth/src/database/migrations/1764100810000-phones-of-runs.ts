import { describeColumns } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A run that is taken back gives people their addresses and numbers again, and leaves whoever was changed since. */
export class PhonesOfRuns1764100810000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE directory_change
        ADD COLUMN before_email_index  bytea,
        ADD COLUMN before_email_sealed bytea,
        ADD COLUMN before_phone_sealed bytea,
        ADD COLUMN left_digest         bytea;
      -- Who is removed is forgotten here, too.
      CREATE INDEX directory_change_user_idx ON directory_change (organization_id, user_id);
    `);
    await describeColumns(db, {
      directory_change: {
        before_email_index: ['M2', 'taking it back: the address before', 'directory, at most 30 days'],
        before_email_sealed: ['M2', 'taking it back: the address before', 'directory, at most 30 days'],
        before_phone_sealed: ['M2', 'taking it back: the number before', 'directory, at most 30 days'],
        left_digest: ['M1', 'noticing that somebody was changed since', 'directory, at most 30 days'],
      },
    });
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX directory_change_user_idx;
      ALTER TABLE directory_change DROP COLUMN before_email_index, DROP COLUMN before_email_sealed,
        DROP COLUMN before_phone_sealed, DROP COLUMN left_digest;
    `);
  }
}
