import { describeColumns } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A bot has the identity providers that it made itself, and no others. */
export class MakersOfProviders1764292000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE identity_provider ADD COLUMN made_by uuid');
    await describeColumns(db, {
      identity_provider: { made_by: ['M1', 'a bot has what it made itself', 'identity provider'] },
    });
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE identity_provider DROP COLUMN made_by');
  }
}
