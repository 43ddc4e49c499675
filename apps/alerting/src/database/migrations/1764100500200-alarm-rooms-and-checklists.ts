import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Alarms prepared beforehand, the conversation that an alarm has, and what is to be done in it. */
export class AlarmRoomsAndChecklists1764100500200 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE alarm
        ADD COLUMN joins text CONSTRAINT alarm_joins_check CHECK (joins IN ('accepted', 'told')),
        ADD COLUMN said_at timestamptz NOT NULL DEFAULT now(),
        ADD COLUMN update_every_minutes integer;

      CREATE TABLE alarm_room (
        organization_id uuid    NOT NULL,
        alarm_id        uuid    NOT NULL,
        conversation_id uuid    NOT NULL,
        actor_id        uuid,
        said            jsonb   NOT NULL DEFAULT '{}',
        lines           integer NOT NULL DEFAULT 0,
        kept_apart      integer NOT NULL DEFAULT 0,
        left_out        integer NOT NULL DEFAULT 0,
        CONSTRAINT alarm_room_pkey PRIMARY KEY (organization_id, alarm_id),
        CONSTRAINT alarm_room_alarm_fkey FOREIGN KEY (organization_id, alarm_id)
          REFERENCES alarm (organization_id, id) ON DELETE CASCADE
      );

      CREATE TABLE alarm_check (
        organization_id uuid        NOT NULL,
        alarm_id        uuid        NOT NULL,
        id              uuid        NOT NULL,
        position        integer     NOT NULL,
        text_sealed     bytea       NOT NULL,
        digest          bytea       NOT NULL,
        assignee_id     uuid,
        due_at          timestamptz,
        added_by        uuid,
        done_by         uuid,
        done_at         timestamptz,
        CONSTRAINT alarm_check_pkey PRIMARY KEY (organization_id, alarm_id, id),
        CONSTRAINT alarm_check_alarm_fkey FOREIGN KEY (organization_id, alarm_id)
          REFERENCES alarm (organization_id, id) ON DELETE CASCADE
      );

      CREATE TABLE alarm_template (
        organization_id uuid        NOT NULL,
        id              uuid        NOT NULL,
        template_sealed bytea       NOT NULL,
        changed_at      timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT alarm_template_pkey PRIMARY KEY (organization_id, id)
      );
    `);
    for (const table of PROTECTED) await db.query(protect(table));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP TABLE ${PROTECTED.toReversed().join(', ')};
      ALTER TABLE alarm DROP COLUMN joins, DROP COLUMN said_at, DROP COLUMN update_every_minutes;
    `);
  }
}

const PROTECTED = ['alarm_room', 'alarm_check', 'alarm_template'] as const;

const ORGANIZATION = ['M0', 'tenant', 'organization'] as const;
const alarm = (purpose: string) => ['M1', purpose, 'alarm'] as const;

const CLASSIFICATION: Classification = {
  alarm: {
    joins: alarm('who is in its conversation'),
    said_at: alarm('reminding of saying something new'),
    update_every_minutes: alarm('reminding of saying something new'),
  },
  alarm_room: {
    organization_id: ORGANIZATION,
    alarm_id: alarm('whose'),
    conversation_id: alarm('where it is'),
    actor_id: alarm('who stands in its log for nobody'),
    said: alarm('what its log says already: counts, states and digests'),
    lines: alarm('telling lines apart'),
    kept_apart: alarm('proof'),
    left_out: alarm('proof'),
  },
  alarm_check: {
    organization_id: ORGANIZATION,
    alarm_id: alarm('whose'),
    id: alarm('which'),
    position: alarm('order'),
    text_sealed: ['M3', 'what is to be done, encrypted', 'alarm'],
    digest: alarm('knowing a repetition'),
    assignee_id: alarm('who does it'),
    due_at: alarm('until when'),
    added_by: alarm('proof'),
    done_by: alarm('proof'),
    done_at: alarm('proof'),
  },
  alarm_template: {
    organization_id: ORGANIZATION,
    id: ['M1', 'which', 'organization'],
    template_sealed: ['M2', 'what is said and to whom, encrypted', 'organization'],
    changed_at: ['M1', 'what it was when', 'organization'],
  },
};
