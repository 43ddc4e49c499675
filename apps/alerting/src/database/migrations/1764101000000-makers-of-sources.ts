import { type Classification, describeColumns } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A bot deals with the sources that it made itself, so who made one is kept; of earlier ones nobody knows, and no bot has them. */
export class MakersOfSources1764101000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE alarm_source ADD COLUMN made_by uuid');
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE alarm_source DROP COLUMN made_by');
  }
}

const CLASSIFICATION: Classification = {
  alarm_source: { made_by: ['M1', 'who made it: a bot has no others', 'organization'] },
};
