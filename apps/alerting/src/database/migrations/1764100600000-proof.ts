import { type Classification, describeColumns } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What proves that alarming works: since when an alarm could be told and when the last of its first people had been told,
 * alarms that disturb nobody, and what organizations measured last. Measurements are numbers without any id of a person; like
 * timers they carry no row-level security, because a replica tells the sum of all organizations.
 */
export class Proof1764100600000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE alarm
        ADD COLUMN is_silent     boolean     NOT NULL DEFAULT false,
        ADD COLUMN opened_at     timestamptz DEFAULT now(),
        ADD COLUMN dispatched_at timestamptz;
      CREATE INDEX alarm_open_idx ON alarm (organization_id, opened_at) WHERE state = 'open' AND NOT is_silent;

      CREATE TABLE measurement (
        organization_id uuid             NOT NULL,
        name            text             NOT NULL,
        label           text             NOT NULL,
        value           double precision NOT NULL,
        measured_at     timestamptz      NOT NULL DEFAULT now(),
        CONSTRAINT measurement_pkey PRIMARY KEY (organization_id, name, label)
      );
      CREATE INDEX measurement_name_idx ON measurement (name);
    `);
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP TABLE measurement;
      ALTER TABLE alarm DROP COLUMN is_silent, DROP COLUMN opened_at, DROP COLUMN dispatched_at;
    `);
  }
}

const CLASSIFICATION: Classification = {
  alarm: {
    is_silent: ['M1', 'whether devices show it', 'alarm'],
    opened_at: ['M1', 'how long telling took', 'alarm'],
    dispatched_at: ['M1', 'how long telling took', 'alarm'],
  },
  measurement: {
    organization_id: ['M0', 'tenant', 'organization'],
    name: ['M0', 'what was measured', 'organization'],
    label: ['M0', 'of what', 'organization'],
    value: ['M0', 'how much', 'organization'],
    measured_at: ['M0', 'whether it still holds', 'organization'],
  },
};
