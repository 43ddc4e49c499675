import { describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Resets that administrators begin: of passwords, and of factors by two of them. */
export class Resets1764000000730 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE password_reset (
        organization_id uuid        NOT NULL,
        user_id         uuid        NOT NULL,
        token_hash      bytea       NOT NULL,
        started_by      uuid        NOT NULL,
        expires_at      timestamptz NOT NULL,
        CONSTRAINT password_reset_pkey PRIMARY KEY (organization_id, user_id),
        CONSTRAINT password_reset_user_fkey FOREIGN KEY (organization_id, user_id)
          REFERENCES app_user (organization_id, id) ON DELETE CASCADE
      );
      CREATE UNIQUE INDEX password_reset_token_key ON password_reset (organization_id, token_hash);

      CREATE TABLE factor_reset (
        organization_id uuid        NOT NULL,
        id              uuid        NOT NULL,
        user_id         uuid        NOT NULL,
        state           text        NOT NULL CONSTRAINT factor_reset_state_check
                                    CHECK (state IN ('open', 'approved', 'rejected', 'expired')),
        requested_by    uuid        NOT NULL,
        requested_at    timestamptz NOT NULL,
        expires_at      timestamptz NOT NULL,
        decided_by      uuid,
        decided_at      timestamptz,
        CONSTRAINT factor_reset_pkey PRIMARY KEY (organization_id, id),
        CONSTRAINT factor_reset_user_fkey FOREIGN KEY (organization_id, user_id)
          REFERENCES app_user (organization_id, id) ON DELETE CASCADE,
        CONSTRAINT factor_reset_eyes_check CHECK (
          state <> 'approved' OR (decided_by <> requested_by AND decided_by <> user_id AND requested_by <> user_id))
      );
      CREATE UNIQUE INDEX factor_reset_open_key ON factor_reset (organization_id, user_id) WHERE state = 'open';
    `);
    await db.query(protect('password_reset'));
    await db.query(protect('factor_reset'));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE factor_reset; DROP TABLE password_reset');
  }
}

const reset = (purpose: string) => ['M1', purpose, '90 days'] as const;
const token = (purpose: string) => ['M1', purpose, 'one hour'] as const;

const CLASSIFICATION = {
  password_reset: {
    organization_id: ['M0', 'tenant', 'organization'],
    user_id: token('whose password'),
    token_hash: token('recognising the token'),
    started_by: token('whether they may still do so'),
    expires_at: token('expiry'),
  },
  factor_reset: {
    organization_id: ['M0', 'tenant', 'organization'],
    id: reset('identity'),
    user_id: reset('whose factors'),
    state: reset('how far it is'),
    requested_by: reset('who asked'),
    requested_at: reset('display'),
    expires_at: reset('expiry'),
    decided_by: reset('the second pair of eyes'),
    decided_at: reset('display'),
  },
} as const;
