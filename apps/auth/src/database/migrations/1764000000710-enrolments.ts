import { describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tokens that let one device in. */
export class Enrolments1764000000710 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE enrolment (
        organization_id uuid        NOT NULL,
        id              uuid        NOT NULL,
        token_hash      bytea       NOT NULL,
        made_by         uuid        NOT NULL,
        user_id         uuid,
        invitation_id   uuid,
        is_managed      boolean     NOT NULL,
        created_at      timestamptz NOT NULL,
        expires_at      timestamptz NOT NULL,
        used_at         timestamptz,
        used_by_device  uuid,
        CONSTRAINT enrolment_pkey PRIMARY KEY (organization_id, id),
        CONSTRAINT enrolment_user_fkey FOREIGN KEY (organization_id, user_id)
          REFERENCES app_user (organization_id, id) ON DELETE CASCADE,
        CONSTRAINT enrolment_invitation_fkey FOREIGN KEY (organization_id, invitation_id)
          REFERENCES invitation (organization_id, id) ON DELETE CASCADE,
        CONSTRAINT enrolment_for_check CHECK ((user_id IS NULL) <> (invitation_id IS NULL))
      );
      CREATE UNIQUE INDEX enrolment_token_key ON enrolment (organization_id, token_hash);
    `);
    await db.query(protect('enrolment'));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE enrolment');
  }
}

const token = (purpose: string) => ['M1', purpose, 'until it expires'] as const;

const CLASSIFICATION = {
  enrolment: {
    organization_id: ['M0', 'tenant', 'organization'],
    id: token('identity'),
    token_hash: token('recognising the token'),
    made_by: token('whether its maker may still make it'),
    user_id: token('whose device it lets in'),
    invitation_id: token('what somebody new becomes'),
    is_managed: token('display'),
    created_at: token('display'),
    expires_at: token('expiry'),
    used_at: token('single use'),
    used_by_device: token('display'),
  },
} as const;
