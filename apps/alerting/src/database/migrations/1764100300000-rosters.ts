import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Rosters, who was on duty when, and whom an alarm told because of it. The rules hold ids of people and times only and are
 * not sealed: whoever is on duty is found in the transaction that tells them, which asks no keystore.
 */
export class Rosters1764100300000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE roster (
        organization_id      uuid        NOT NULL,
        id                   uuid        NOT NULL,
        document_sealed      bytea       NOT NULL,
        address_index        bytea,
        rules                jsonb       NOT NULL,
        hand_over            text        NOT NULL CONSTRAINT roster_hand_over_check CHECK (hand_over IN ('automatic', 'confirmed')),
        remind_after_minutes integer     NOT NULL,
        qualification_id     uuid,
        changed_at           timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT roster_pkey PRIMARY KEY (organization_id, id),
        CONSTRAINT roster_address_key UNIQUE (organization_id, address_index)
      );

      CREATE TABLE duty (
        organization_id uuid        NOT NULL,
        roster_id       uuid        NOT NULL,
        layer           integer     NOT NULL,
        user_id         uuid        NOT NULL,
        began_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
        state           text        NOT NULL CONSTRAINT duty_state_check CHECK (state IN ('on_duty', 'taking_over', 'handing_over')),
        ended_at        timestamptz,
        CONSTRAINT duty_pkey PRIMARY KEY (organization_id, roster_id, layer, user_id, began_at)
      );
      CREATE UNIQUE INDEX duty_held_key ON duty (organization_id, roster_id, layer, user_id) WHERE ended_at IS NULL;
      CREATE INDEX duty_user_idx ON duty (organization_id, user_id) WHERE ended_at IS NULL;

      CREATE TABLE alarm_role (
        organization_id uuid        NOT NULL,
        alarm_id        uuid        NOT NULL,
        step            integer     NOT NULL,
        cycle           integer     NOT NULL,
        roster_id       uuid        NOT NULL,
        user_id         uuid        NOT NULL,
        left_at         timestamptz,
        CONSTRAINT alarm_role_pkey PRIMARY KEY (organization_id, alarm_id, step, cycle, roster_id, user_id),
        CONSTRAINT alarm_role_alarm_fkey FOREIGN KEY (organization_id, alarm_id)
          REFERENCES alarm (organization_id, id) ON DELETE CASCADE
      );
      CREATE INDEX alarm_role_roster_idx ON alarm_role (organization_id, roster_id) WHERE left_at IS NULL;

      ALTER TABLE alarm_recipient ADD COLUMN handed_over_at timestamptz;
    `);
    for (const table of PROTECTED) await db.query(protect(table));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(
      `ALTER TABLE alarm_recipient DROP COLUMN handed_over_at; DROP TABLE ${PROTECTED.toReversed().join(', ')}`,
    );
  }
}

const PROTECTED = ['roster', 'duty', 'alarm_role'] as const;

const ORGANIZATION = ['M0', 'tenant', 'organization'] as const;
const organization = (purpose: string) => ['M1', purpose, 'organization'] as const;
const alarm = (purpose: string) => ['M1', purpose, 'alarm'] as const;

const CLASSIFICATION: Classification = {
  roster: {
    organization_id: ORGANIZATION,
    id: organization('which'),
    document_sealed: ['M2', 'name and address, encrypted', 'organization'],
    address_index: organization('finding it by its address'),
    rules: organization('who is on duty when, by id'),
    hand_over: organization('whether the successor confirms'),
    remind_after_minutes: organization('when they are reminded'),
    qualification_id: organization('what its people have to hold'),
    changed_at: organization('what held when'),
  },
  duty: {
    organization_id: ORGANIZATION,
    roster_id: organization('which'),
    layer: organization('which'),
    user_id: ['M1', 'who was on duty', '90 days'],
    began_at: ['M1', 'proof', '90 days'],
    state: ['M1', 'whether the hand-over is confirmed', '90 days'],
    ended_at: ['M1', 'proof', '90 days'],
  },
  alarm_role: {
    organization_id: ORGANIZATION,
    alarm_id: alarm('which'),
    step: alarm('which telling'),
    cycle: alarm('which telling'),
    roster_id: alarm('by which role'),
    user_id: alarm('who was told'),
    left_at: alarm('when somebody else took the role over'),
  },
  alarm_recipient: { handed_over_at: alarm('since when a successor is told instead') },
};
