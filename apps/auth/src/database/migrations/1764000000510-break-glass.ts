import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** For the day when everything else is down: whether it is that day, and who may then come in without the rest. */
export class BreakGlass1764000000510 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE session ADD COLUMN ends_at timestamptz;

      CREATE TABLE outage_mode (
        organization_id uuid        NOT NULL REFERENCES organization (organization_id),
        is_on           boolean     NOT NULL,
        reason_sealed   bytea       NOT NULL,
        changed_by      uuid        NOT NULL,
        changed_at      timestamptz NOT NULL,
        CONSTRAINT outage_mode_pkey PRIMARY KEY (organization_id)
      );

      CREATE TABLE break_glass (
        organization_id uuid        NOT NULL,
        id              uuid        NOT NULL,
        user_id         uuid        NOT NULL,
        device_id       uuid        NOT NULL,
        secret_hash     bytea       NOT NULL,
        issued_by       uuid        NOT NULL,
        created_at      timestamptz NOT NULL,
        expires_at      timestamptz NOT NULL,
        last_used_at    timestamptz,
        last_proof_at   bigint,
        CONSTRAINT break_glass_pkey PRIMARY KEY (organization_id, id),
        CONSTRAINT break_glass_secret_key UNIQUE (organization_id, secret_hash),
        CONSTRAINT break_glass_user_fkey FOREIGN KEY (organization_id, user_id)
          REFERENCES app_user (organization_id, id) ON DELETE CASCADE,
        CONSTRAINT break_glass_device_fkey FOREIGN KEY (organization_id, device_id)
          REFERENCES device (organization_id, id) ON DELETE CASCADE
      );
      CREATE INDEX break_glass_user_idx ON break_glass (organization_id, user_id);
      CREATE INDEX break_glass_device_idx ON break_glass (organization_id, device_id);
    `);
    for (const table of ['outage_mode', 'break_glass']) await db.query(protect(table));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE break_glass, outage_mode; ALTER TABLE session DROP COLUMN ends_at');
  }
}

const ORGANIZATION = ['M0', 'tenant', 'organization'] as const;
const outage = (purpose: string) => ['M1', purpose, 'until it is switched again'] as const;
const credential = (purpose: string) => ['M1', purpose, 'credential, at most 365 days'] as const;

const CLASSIFICATION: Classification = {
  session: { ends_at: ['M1', 'ending it whatever happens', 'session, at most 90 days'] },
  outage_mode: {
    organization_id: ORGANIZATION,
    is_on: outage('what works'),
    reason_sealed: ['M2', 'telling people why', 'until it is switched again'],
    changed_by: outage('accountability'),
    changed_at: outage('display'),
  },
  break_glass: {
    organization_id: ORGANIZATION,
    id: credential('identity'),
    user_id: credential('whose it is'),
    device_id: credential('where it works'),
    secret_hash: ['M3', 'recognising it', 'credential, at most 365 days'],
    issued_by: credential('accountability'),
    created_at: credential('display'),
    expires_at: credential('ending it'),
    last_used_at: credential('display'),
    last_proof_at: credential('taking each proof once'),
  },
};
