import { type Classification, describeColumns } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A drill counts the push registrations that are found dead while it runs: the other devices of a person hide them otherwise. */
export class DeadTokens1764101400000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE drill ADD COLUMN dead_tokens integer NOT NULL DEFAULT 0');
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE drill DROP COLUMN dead_tokens');
  }
}

const CLASSIFICATION: Classification = {
  drill: { dead_tokens: ['M1', 'which devices are not woken any more', 'alarm'] },
};
