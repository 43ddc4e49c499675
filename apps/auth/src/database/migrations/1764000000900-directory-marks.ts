import { describeColumns } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a directory run leaves for the next one, which then reads only what has changed. */
export class DirectoryMarks1764000000900 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE directory ADD COLUMN mark jsonb;
      ALTER TABLE directory_run ADD COLUMN is_whole boolean NOT NULL DEFAULT true;
    `);
    await describeColumns(db, {
      directory: {
        mark: ['M0', 'where the directory stood at the last run, and digests of who was there', 'directory'],
      },
      directory_run: { is_whole: ['M0', 'display', 'directory'] },
    });
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE directory DROP COLUMN mark; ALTER TABLE directory_run DROP COLUMN is_whole');
  }
}
