import { describeColumns } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A run knows which of its changes make somebody more than a member: it asks before. */
export class RaisesOfRuns1764296000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE directory_change ADD COLUMN raises_role boolean NOT NULL DEFAULT false');
    await describeColumns(db, {
      directory_change: {
        raises_role: ['M1', 'asking before somebody becomes an administrator', 'directory, at most 30 days'],
      },
    });
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE directory_change DROP COLUMN raises_role');
  }
}
