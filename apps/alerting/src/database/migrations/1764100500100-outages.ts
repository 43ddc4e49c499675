import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What happens in an outage, and what happened in those there were. */
export class Outages1764100500100 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE crisis_plan (
        organization_id uuid        NOT NULL,
        plan_sealed     bytea       NOT NULL,
        put_by          uuid        NOT NULL,
        changed_at      timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT crisis_plan_pkey PRIMARY KEY (organization_id)
      );

      CREATE TABLE crisis_room (
        organization_id uuid    NOT NULL,
        id              uuid    NOT NULL,
        conversation_id uuid    NOT NULL,
        keeper          uuid    NOT NULL,
        is_open         boolean NOT NULL DEFAULT false,
        joined          integer NOT NULL DEFAULT 0,
        kept_apart      integer NOT NULL DEFAULT 0,
        left_out        integer NOT NULL DEFAULT 0,
        CONSTRAINT crisis_room_pkey PRIMARY KEY (organization_id, id)
      );

      CREATE TABLE outage (
        organization_id uuid        NOT NULL,
        id              uuid        NOT NULL,
        state           text        NOT NULL DEFAULT 'opening'
          CONSTRAINT outage_state_check CHECK (state IN ('opening', 'on', 'closing', 'over')),
        began_at        timestamptz NOT NULL,
        begun_by        text        NOT NULL,
        ended_at        timestamptz,
        ended_by        text,
        reason_sealed   bytea,
        report_sealed   bytea,
        CONSTRAINT outage_pkey PRIMARY KEY (organization_id, id)
      );
      CREATE UNIQUE INDEX outage_open_key ON outage (organization_id) WHERE ended_at IS NULL;
      CREATE INDEX outage_began_idx ON outage (organization_id, began_at DESC);

      CREATE TABLE outage_login (
        organization_id uuid        NOT NULL,
        event_id        uuid        NOT NULL,
        at              timestamptz NOT NULL,
        user_id         uuid        NOT NULL,
        device_id       uuid        NOT NULL,
        CONSTRAINT outage_login_pkey PRIMARY KEY (organization_id, event_id)
      );
      CREATE INDEX outage_login_at_idx ON outage_login (organization_id, at);
    `);
    for (const table of PROTECTED) await db.query(protect(table));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE ${PROTECTED.toReversed().join(', ')}`);
  }
}

const PROTECTED = ['crisis_plan', 'crisis_room', 'outage', 'outage_login'] as const;

const ORGANIZATION = ['M0', 'tenant', 'organization'] as const;
const room = (purpose: string) => ['M1', purpose, 'crisis plan'] as const;
const outage = (purpose: string) => ['M1', purpose, 'organization'] as const;

const CLASSIFICATION: Classification = {
  crisis_plan: {
    organization_id: ORGANIZATION,
    plan_sealed: ['M2', 'whom to tell what and where, encrypted', 'organization'],
    put_by: ['M1', 'accountability', 'organization'],
    changed_at: ['M0', 'what held when', 'organization'],
  },
  crisis_room: {
    organization_id: ORGANIZATION,
    id: room('which'),
    conversation_id: room('where it is'),
    keeper: room('who has prepared it'),
    is_open: room('whether its people are in it'),
    joined: room('report'),
    kept_apart: room('report'),
    left_out: room('report'),
  },
  outage: {
    organization_id: ORGANIZATION,
    id: outage('which'),
    state: outage('what is left to do'),
    began_at: outage('proof'),
    begun_by: outage('accountability'),
    ended_at: outage('proof'),
    ended_by: outage('accountability'),
    reason_sealed: ['M2', 'why, encrypted', 'organization'],
    report_sealed: ['M3', 'what happened, encrypted', 'organization'],
  },
  outage_login: {
    organization_id: ORGANIZATION,
    event_id: outage('counting it once'),
    at: outage('proof'),
    user_id: outage('proof'),
    device_id: outage('proof'),
  },
};
