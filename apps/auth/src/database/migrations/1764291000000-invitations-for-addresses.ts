import { describeColumns } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An invitation may be for one address alone. */
export class InvitationsForAddresses1764291000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE invitation ADD COLUMN email_index bytea');
    await describeColumns(db, {
      invitation: {
        email_index: ['M2', 'whom it is for, a keyed digest of the address', 'invitation, until it is deleted'],
      },
    });
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE invitation DROP COLUMN email_index');
  }
}
