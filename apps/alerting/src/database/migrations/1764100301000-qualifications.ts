import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What people are able to do, what an alarm asks for, and who is booked by one: at most one strict alarm each. */
export class Qualifications1764100301000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE qualification (
        organization_id uuid        NOT NULL,
        id              uuid        NOT NULL,
        name_sealed     bytea       NOT NULL,
        changed_at      timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT qualification_pkey PRIMARY KEY (organization_id, id)
      );

      CREATE TABLE qualification_holder (
        organization_id  uuid NOT NULL,
        qualification_id uuid NOT NULL,
        user_id          uuid NOT NULL,
        valid_until      timestamptz,
        CONSTRAINT qualification_holder_pkey PRIMARY KEY (organization_id, qualification_id, user_id),
        CONSTRAINT qualification_holder_qualification_fkey FOREIGN KEY (organization_id, qualification_id)
          REFERENCES qualification (organization_id, id) ON DELETE CASCADE
      );
      CREATE INDEX qualification_holder_user_idx ON qualification_holder (organization_id, user_id);

      CREATE TABLE booking (
        organization_id uuid NOT NULL,
        user_id         uuid NOT NULL,
        alarm_id        uuid NOT NULL,
        CONSTRAINT booking_pkey PRIMARY KEY (organization_id, user_id),
        CONSTRAINT booking_alarm_fkey FOREIGN KEY (organization_id, alarm_id)
          REFERENCES alarm (organization_id, id) ON DELETE CASCADE
      );

      ALTER TABLE alarm
        ADD COLUMN strategy text NOT NULL DEFAULT 'best_effort'
          CONSTRAINT alarm_strategy_check CHECK (strategy IN ('best_effort', 'strict', 'escalating', 'full')),
        ADD COLUMN positions jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN policy_id uuid;
      CREATE INDEX alarm_policy_idx ON alarm (organization_id, policy_id, raised_at) WHERE policy_id IS NOT NULL;
    `);
    for (const table of PROTECTED) await db.query(protect(table));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX alarm_policy_idx;
      ALTER TABLE alarm DROP COLUMN policy_id, DROP COLUMN positions, DROP COLUMN strategy;
      DROP TABLE ${PROTECTED.toReversed().join(', ')}`);
  }
}

const PROTECTED = ['qualification', 'qualification_holder', 'booking'] as const;

const ORGANIZATION = ['M0', 'tenant', 'organization'] as const;
const organization = (purpose: string) => ['M1', purpose, 'organization'] as const;
const alarm = (purpose: string) => ['M1', purpose, 'alarm'] as const;

const CLASSIFICATION: Classification = {
  qualification: {
    organization_id: ORGANIZATION,
    id: organization('which'),
    name_sealed: ['M2', 'what it is called, encrypted', 'organization'],
    changed_at: organization('what held when'),
  },
  qualification_holder: {
    organization_id: ORGANIZATION,
    qualification_id: organization('which'),
    user_id: organization('who holds it'),
    valid_until: organization('how long it counts'),
  },
  booking: {
    organization_id: ORGANIZATION,
    user_id: alarm('who is booked'),
    alarm_id: alarm('by which alarm'),
  },
  alarm: {
    strategy: alarm('who is told at once'),
    positions: alarm('what is asked for, and how much of it is there'),
    policy_id: alarm('how many there were lately'),
  },
};
