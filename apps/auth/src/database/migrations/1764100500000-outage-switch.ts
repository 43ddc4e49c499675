import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Outage mode is switched by the watch on the first channel, too, and by keys that were issued beforehand. */
export class OutageSwitch1764100500000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE outage_mode
        ALTER COLUMN changed_by DROP NOT NULL,
        ADD COLUMN means text NOT NULL DEFAULT 'person'
          CONSTRAINT outage_mode_means_check CHECK (means IN ('person', 'watch', 'key')),
        ADD COLUMN is_automatic boolean NOT NULL DEFAULT false;
      -- Whoever ended an outage before there was a watch has said nothing about the watch.
      UPDATE outage_mode SET is_automatic = true WHERE NOT is_on;

      CREATE TABLE outage_key (
        organization_id uuid        NOT NULL REFERENCES organization (organization_id),
        id              uuid        NOT NULL,
        public_key      text        NOT NULL,
        label_sealed    bytea       NOT NULL,
        issued_by       uuid        NOT NULL,
        created_at      timestamptz NOT NULL,
        expires_at      timestamptz NOT NULL,
        last_used_at    timestamptz,
        last_command_at bigint,
        CONSTRAINT outage_key_pkey PRIMARY KEY (organization_id, id)
      );
    `);
    await db.query(protect('outage_key'));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP TABLE outage_key;
      DELETE FROM outage_mode WHERE changed_by IS NULL;
      ALTER TABLE outage_mode DROP COLUMN is_automatic, DROP COLUMN means, ALTER COLUMN changed_by SET NOT NULL;
    `);
  }
}

const ORGANIZATION = ['M0', 'tenant', 'organization'] as const;
const key = (purpose: string) => ['M1', purpose, 'key, at most 730 days'] as const;

const CLASSIFICATION: Classification = {
  outage_mode: {
    means: ['M0', 'accountability', 'until it is switched again'],
    is_automatic: ['M0', 'whether the watch may switch it', 'until it is switched again'],
  },
  outage_key: {
    organization_id: ORGANIZATION,
    id: key('identity'),
    public_key: key('verifying its commands'),
    label_sealed: ['M2', 'where it is kept, encrypted', 'key, at most 730 days'],
    issued_by: key('accountability'),
    created_at: key('display'),
    expires_at: key('ending it'),
    last_used_at: key('display'),
    last_command_at: key('taking each command once'),
  },
};
