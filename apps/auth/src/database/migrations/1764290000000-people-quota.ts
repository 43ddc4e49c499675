import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How many people an organization may have. */
export class PeopleQuota1764290000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE people_quota (
        organization_id uuid        NOT NULL REFERENCES organization (organization_id),
        max_people      integer     NOT NULL CONSTRAINT people_quota_max_check CHECK (max_people > 0),
        updated_at      timestamptz NOT NULL,
        updated_by      uuid        NOT NULL,
        CONSTRAINT people_quota_pkey PRIMARY KEY (organization_id)
      );
      -- They are counted whenever one more comes in.
      CREATE INDEX app_user_active_idx ON app_user (organization_id) WHERE kind = 'person' AND state = 'active';
    `);
    await db.query(protect('people_quota'));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP INDEX app_user_active_idx; DROP TABLE people_quota;');
  }
}

const quota = (purpose: string) => ['M1', purpose, 'until it is said anew'] as const;

const CLASSIFICATION: Classification = {
  people_quota: {
    organization_id: ['M0', 'tenant', 'organization'],
    max_people: quota('how many people may be active'),
    updated_at: quota('display'),
    updated_by: quota('accountability'),
  },
};
