import { protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How long an organization keeps what is said. The release before this one does not know it, and shows everything. */
export class MessageKeeping1764300000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE message_keeping (
        organization_id uuid        NOT NULL CONSTRAINT message_keeping_pkey PRIMARY KEY,
        keep_days       integer     CONSTRAINT message_keeping_keep_days_check CHECK (keep_days BETWEEN 1 AND 36500),
        key_days        integer     CONSTRAINT message_keeping_key_days_check CHECK (key_days BETWEEN 1 AND 31),
        shortened_at    timestamptz NOT NULL,
        keys_ended_by   date,
        updated_at      timestamptz NOT NULL,
        updated_by      uuid        NOT NULL
      );
      COMMENT ON TABLE message_keeping IS 'class=M0;purpose=how long what is said is kept, and one of its keys is used;retention=as the organization';
      COMMENT ON COLUMN message_keeping.shortened_at IS 'class=M0;purpose=when a shorter period was said last, so that a mistake can be taken back;retention=as the row';
      COMMENT ON COLUMN message_keeping.keys_ended_by IS 'class=M0;purpose=keys whose period had ended by then are destroyed;retention=as the row';
      COMMENT ON COLUMN message_keeping.updated_by IS 'class=M1;purpose=who said it;retention=as the row';
      ${protect('message_keeping')}
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE message_keeping');
  }
}
