import { describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What people are told about their own account. */
export class Notices1764000000731 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE security_notice (
        organization_id uuid        NOT NULL,
        user_id         uuid        NOT NULL,
        id              uuid        NOT NULL,
        kind            text        NOT NULL,
        device_id       uuid,
        is_new_device   boolean,
        raised_at       timestamptz NOT NULL,
        CONSTRAINT security_notice_pkey PRIMARY KEY (organization_id, user_id, id),
        CONSTRAINT security_notice_user_fkey FOREIGN KEY (organization_id, user_id)
          REFERENCES app_user (organization_id, id) ON DELETE CASCADE
      );
    `);
    await db.query(protect('security_notice'));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE security_notice');
  }
}

const notice = (purpose: string) => ['M1', purpose, '90 days'] as const;

const CLASSIFICATION = {
  security_notice: {
    organization_id: ['M0', 'tenant', 'organization'],
    user_id: notice('who is told'),
    id: notice('identity and order'),
    kind: notice('what happened'),
    device_id: notice('on which device'),
    is_new_device: notice('noticing strangers'),
    raised_at: notice('display, and which sessions are older'),
  },
} as const;
