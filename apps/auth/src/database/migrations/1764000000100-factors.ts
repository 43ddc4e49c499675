import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What people can show beside a password, what organizations demand of them, and logins that are not finished yet. */
export class Factors1764000000100 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE session ADD COLUMN authenticated_at timestamptz;
      UPDATE session SET authenticated_at = created_at;
      ALTER TABLE session ALTER COLUMN authenticated_at SET NOT NULL;
      ALTER TABLE session ADD COLUMN is_limited boolean NOT NULL DEFAULT false;

      CREATE TABLE login_attempt (
        organization_id uuid        NOT NULL REFERENCES organization (organization_id),
        secret_hash     bytea       NOT NULL,
        user_id         uuid,
        state_sealed    bytea       NOT NULL,
        tries           integer     NOT NULL DEFAULT 0,
        expires_at      timestamptz NOT NULL,
        CONSTRAINT login_attempt_pkey PRIMARY KEY (organization_id, secret_hash),
        CONSTRAINT login_attempt_user_fkey FOREIGN KEY (organization_id, user_id)
          REFERENCES app_user (organization_id, id) ON DELETE CASCADE
      );
      CREATE INDEX login_attempt_expires_at_idx ON login_attempt (organization_id, expires_at);

      CREATE TABLE factor (
        organization_id uuid        NOT NULL,
        id              uuid        NOT NULL,
        user_id         uuid        NOT NULL,
        kind            text        NOT NULL CONSTRAINT factor_kind_check CHECK (kind IN ('totp', 'passkey')),
        name_sealed     bytea       NOT NULL,
        secret_sealed   bytea,
        last_step       bigint,
        credential_id   text,
        public_key      bytea,
        sign_count      bigint,
        transports      text[]      NOT NULL DEFAULT '{}',
        confirmed_at    timestamptz,
        created_at      timestamptz NOT NULL,
        last_used_at    timestamptz,
        CONSTRAINT factor_pkey PRIMARY KEY (organization_id, id),
        CONSTRAINT factor_credential_key UNIQUE (organization_id, credential_id),
        CONSTRAINT factor_user_fkey FOREIGN KEY (organization_id, user_id)
          REFERENCES app_user (organization_id, id) ON DELETE CASCADE
      );
      CREATE INDEX factor_user_idx ON factor (organization_id, user_id);

      CREATE TABLE recovery_code (
        organization_id uuid        NOT NULL,
        user_id         uuid        NOT NULL,
        code_hash       bytea       NOT NULL,
        used_at         timestamptz,
        CONSTRAINT recovery_code_pkey PRIMARY KEY (organization_id, user_id, code_hash),
        CONSTRAINT recovery_code_user_fkey FOREIGN KEY (organization_id, user_id)
          REFERENCES app_user (organization_id, id) ON DELETE CASCADE
      );

      CREATE TABLE authentication_policy (
        organization_id uuid        NOT NULL REFERENCES organization (organization_id),
        subject_id      uuid        NOT NULL,
        document        jsonb       NOT NULL,
        updated_at      timestamptz NOT NULL,
        CONSTRAINT authentication_policy_pkey PRIMARY KEY (organization_id, subject_id)
      );
    `);
    for (const table of ['login_attempt', 'factor', 'recovery_code', 'authentication_policy'])
      await db.query(protect(table));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE authentication_policy, recovery_code, factor, login_attempt;
      ALTER TABLE session DROP COLUMN authenticated_at, DROP COLUMN is_limited`);
  }
}

const ORGANIZATION = ['M0', 'tenant', 'organization'] as const;
const attempt = (purpose: string) => ['M1', purpose, '10 minutes'] as const;
const factor = (purpose: string) => ['M1', purpose, 'person in the organization'] as const;

const CLASSIFICATION: Classification = {
  session: {
    authenticated_at: ['M1', 'asking again before sensitive actions', 'session, at most 90 days'],
    is_limited: ['M1', 'a session that may only enrol a factor', 'session, at most 90 days'],
  },
  login_attempt: {
    organization_id: ORGANIZATION,
    secret_hash: attempt('finding the login of its token'),
    user_id: attempt('whose login'),
    state_sealed: ['M2', 'what has been shown so far and on which device', '10 minutes'],
    tries: attempt('limiting guesses'),
    expires_at: attempt('end of validity'),
  },
  factor: {
    organization_id: ORGANIZATION,
    id: factor('identity'),
    user_id: factor('whose factor'),
    kind: factor('what it is'),
    name_sealed: ['M2', 'display', 'person in the organization'],
    secret_sealed: ['M2', 'computing one-time passwords', 'person in the organization'],
    last_step: factor('each one-time password works once'),
    credential_id: factor('finding the passkey'),
    public_key: factor('verifying its signatures'),
    sign_count: factor('noticing copies'),
    transports: factor('asking for it the right way'),
    confirmed_at: factor('whether it is in use'),
    created_at: factor('display'),
    last_used_at: factor('display'),
  },
  recovery_code: {
    organization_id: ORGANIZATION,
    user_id: factor('whose code'),
    code_hash: factor('recognising the code'),
    used_at: factor('each code works once'),
  },
  authentication_policy: {
    organization_id: ORGANIZATION,
    subject_id: ['M1', 'which pool, or the organization itself', 'organization'],
    document: ['M1', 'what must be shown at login', 'organization'],
    updated_at: ['M0', 'display', 'organization'],
  },
};
