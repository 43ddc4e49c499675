import { describeColumns } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A bot has the directories that it made itself; what one of them does is bounded as long as a bot said last how it is read. */
export class MakersOfDirectories1764294000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE directory
        ADD COLUMN made_by uuid,
        ADD COLUMN is_said_by_bot boolean NOT NULL DEFAULT false
    `);
    await describeColumns(db, {
      directory: {
        made_by: ['M1', 'a bot has what it made itself', 'directory'],
        is_said_by_bot: ['M1', 'such a one changes members alone', 'directory'],
      },
    });
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE directory DROP COLUMN made_by, DROP COLUMN is_said_by_bot');
  }
}
