import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was found in policies and rosters the last time they were looked at, so that a new error is told of once. */
export class Findings1764100302000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE finding_count (
        organization_id uuid        NOT NULL,
        subject_id      uuid        NOT NULL,
        kind            text        NOT NULL CONSTRAINT finding_count_kind_check CHECK (kind IN ('escalation-policy', 'roster')),
        errors          integer     NOT NULL,
        warnings        integer     NOT NULL,
        looked_at       timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT finding_count_pkey PRIMARY KEY (organization_id, kind, subject_id)
      );
    `);
    await db.query(protect('finding_count'));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE finding_count');
  }
}

const CLASSIFICATION: Classification = {
  finding_count: {
    organization_id: ['M0', 'tenant', 'organization'],
    subject_id: ['M1', 'which', 'organization'],
    kind: ['M0', 'of what', 'organization'],
    errors: ['M0', 'whether it would work', 'organization'],
    warnings: ['M0', 'whether it would work', 'organization'],
    looked_at: ['M0', 'whether that still holds', 'organization'],
  },
};
