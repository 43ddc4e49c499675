import { type Classification, createOutbox, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An alarm, who is to be told in which step, who was told by which path, and what they answered. Everything an escalation
 * needs is here from the moment the alarm is raised: it goes on when auth, messaging and Redis are away.
 *
 * Timers are rows on the database's clock. They hold ids and times only and carry no row-level security: the engine looks
 * for what is due in all organizations with one statement.
 */
export class Alarms1764100000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await createOutbox(db);
    await db.query(`
      CREATE TABLE escalation_policy (
        organization_id uuid        NOT NULL,
        id              uuid        NOT NULL,
        policy_sealed   bytea       NOT NULL,
        changed_at      timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT escalation_policy_pkey PRIMARY KEY (organization_id, id)
      );

      CREATE TABLE alarm_settings (
        organization_id uuid        NOT NULL,
        settings        jsonb       NOT NULL,
        changed_at      timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT alarm_settings_pkey PRIMARY KEY (organization_id)
      );

      CREATE TABLE alarm (
        organization_id uuid        NOT NULL,
        id              uuid        NOT NULL,
        severity        text        NOT NULL CONSTRAINT alarm_severity_check CHECK (severity IN ('emergency', 'alarm', 'notice')),
        state           text        NOT NULL,
        content_sealed  bytea       NOT NULL,
        request_digest  bytea       NOT NULL,
        dedup_index     bytea,
        needed          integer     NOT NULL,
        accepted        integer     NOT NULL DEFAULT 0,
        repeats         integer     NOT NULL DEFAULT 0,
        step_count      integer     NOT NULL,
        raised_by       uuid,
        source          text        NOT NULL,
        is_drill        boolean     NOT NULL DEFAULT false,
        raised_at       timestamptz(3) NOT NULL DEFAULT now(),
        updated_at      timestamptz NOT NULL DEFAULT now(),
        closes_at       timestamptz,
        stopped_at      timestamptz,
        CONSTRAINT alarm_pkey PRIMARY KEY (organization_id, id)
      );
      CREATE UNIQUE INDEX alarm_dedup_key ON alarm (organization_id, dedup_index)
        WHERE dedup_index IS NOT NULL AND state IN ('awaiting_approval', 'open', 'acknowledged');
      CREATE INDEX alarm_raised_idx ON alarm (organization_id, raised_at DESC, id);

      CREATE TABLE alarm_step (
        organization_id uuid    NOT NULL,
        alarm_id        uuid    NOT NULL,
        step            integer NOT NULL,
        rules           jsonb   NOT NULL,
        CONSTRAINT alarm_step_pkey PRIMARY KEY (organization_id, alarm_id, step),
        CONSTRAINT alarm_step_alarm_fkey FOREIGN KEY (organization_id, alarm_id)
          REFERENCES alarm (organization_id, id) ON DELETE CASCADE
      );

      CREATE TABLE alarm_target (
        organization_id uuid    NOT NULL,
        alarm_id        uuid    NOT NULL,
        step            integer NOT NULL,
        user_id         uuid    NOT NULL,
        CONSTRAINT alarm_target_pkey PRIMARY KEY (organization_id, alarm_id, step, user_id),
        CONSTRAINT alarm_target_alarm_fkey FOREIGN KEY (organization_id, alarm_id)
          REFERENCES alarm (organization_id, id) ON DELETE CASCADE
      );

      CREATE TABLE alarm_recipient (
        organization_id uuid        NOT NULL,
        alarm_id        uuid        NOT NULL,
        user_id         uuid        NOT NULL,
        told_at         timestamptz NOT NULL DEFAULT now(),
        answer          text,
        eta_minutes     integer,
        note_sealed     bytea,
        answered_at     timestamptz,
        CONSTRAINT alarm_recipient_pkey PRIMARY KEY (organization_id, alarm_id, user_id),
        CONSTRAINT alarm_recipient_alarm_fkey FOREIGN KEY (organization_id, alarm_id)
          REFERENCES alarm (organization_id, id) ON DELETE CASCADE
      );
      CREATE INDEX alarm_recipient_user_idx ON alarm_recipient (organization_id, user_id, told_at DESC);

      CREATE TABLE notification (
        organization_id uuid        NOT NULL,
        alarm_id        uuid        NOT NULL,
        step            integer     NOT NULL,
        cycle           integer     NOT NULL,
        user_id         uuid        NOT NULL,
        path            text        NOT NULL,
        id              uuid        NOT NULL DEFAULT gen_random_uuid(),
        state           text        NOT NULL DEFAULT 'queued',
        priority        smallint    NOT NULL,
        attempt         integer     NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL DEFAULT now(),
        queued_at       timestamptz NOT NULL DEFAULT now(),
        sent_at         timestamptz,
        received_at     timestamptz,
        shown_at        timestamptz,
        provider_id     text,
        problem         text,
        -- One effect for each alarm, step, cycle, person and path (P-10).
        CONSTRAINT notification_pkey PRIMARY KEY (organization_id, alarm_id, step, cycle, user_id, path),
        CONSTRAINT notification_alarm_fkey FOREIGN KEY (organization_id, alarm_id)
          REFERENCES alarm (organization_id, id) ON DELETE CASCADE
      ) WITH (fillfactor = 70);
      CREATE INDEX notification_waiting_idx ON notification (organization_id, priority, next_attempt_at)
        WHERE state IN ('queued', 'sending');

      CREATE TABLE timer (
        organization_id uuid        NOT NULL,
        subject_id      uuid        NOT NULL,
        kind            text        NOT NULL,
        step            integer     NOT NULL DEFAULT 0,
        cycle           integer     NOT NULL DEFAULT 0,
        stage           integer     NOT NULL DEFAULT 0,
        due_at          timestamptz NOT NULL,
        CONSTRAINT timer_pkey PRIMARY KEY (organization_id, subject_id, kind, step, cycle, stage)
      ) WITH (fillfactor = 70);
      CREATE INDEX timer_due_idx ON timer (due_at);

      CREATE TABLE engine_module (
        name    text    PRIMARY KEY,
        version integer NOT NULL
      );
      INSERT INTO engine_module (name, version) VALUES ('timers', 1), ('dispatch', 1);
    `);
    for (const table of PROTECTED) await db.query(protect(table));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(
      `DROP TABLE engine_module, timer, ${PROTECTED.toReversed().join(', ')}, inbox, outbox_cursor, outbox`,
    );
  }
}

const PROTECTED = [
  'alarm_settings',
  'escalation_policy',
  'alarm',
  'alarm_step',
  'alarm_target',
  'alarm_recipient',
  'notification',
] as const;

const ORGANIZATION = ['M0', 'tenant', 'organization'] as const;
const alarm = (purpose: string) => ['M1', purpose, 'alarm'] as const;
const ID = alarm('which');

const CLASSIFICATION: Classification = {
  alarm_settings: {
    organization_id: ORGANIZATION,
    settings: ['M0', 'how the organization alarms', 'organization'],
    changed_at: ['M0', 'what held when', 'organization'],
  },
  escalation_policy: {
    organization_id: ORGANIZATION,
    id: ['M1', 'which', 'organization'],
    policy_sealed: ['M2', 'who is told in which order, encrypted', 'organization'],
    changed_at: ['M1', 'what the policy was when', 'organization'],
  },
  alarm: {
    organization_id: ORGANIZATION,
    id: ID,
    severity: alarm('order and rules'),
    state: alarm('whether somebody is still told'),
    content_sealed: ['M3', 'what it says and asks, encrypted', 'alarm'],
    request_digest: alarm('knowing a repetition'),
    dedup_index: alarm('finding the open one'),
    needed: alarm('when it escalates no further'),
    accepted: alarm('when it escalates no further'),
    repeats: alarm('how often it begins again'),
    step_count: alarm('where it ends'),
    raised_by: alarm('whose it is'),
    source: alarm('where it came from'),
    is_drill: alarm('whether it is real'),
    raised_at: alarm('proof'),
    updated_at: alarm('proof'),
    closes_at: alarm('when no answer counts any more'),
    stopped_at: alarm('when telling ended'),
  },
  alarm_step: {
    organization_id: ORGANIZATION,
    alarm_id: ID,
    step: alarm('order'),
    rules: alarm('how long, when and whom'),
  },
  alarm_target: {
    organization_id: ORGANIZATION,
    alarm_id: ID,
    step: alarm('order'),
    user_id: alarm('who is to be told'),
  },
  alarm_recipient: {
    organization_id: ORGANIZATION,
    alarm_id: ID,
    user_id: alarm('who was told'),
    told_at: alarm('proof'),
    answer: alarm('who comes'),
    eta_minutes: alarm('who comes when'),
    note_sealed: ['M3', 'what they said, encrypted', 'alarm'],
    answered_at: alarm('proof'),
  },
  notification: {
    organization_id: ORGANIZATION,
    alarm_id: ID,
    step: alarm('which telling'),
    cycle: alarm('which telling'),
    user_id: alarm('who is told'),
    path: alarm('how'),
    id: alarm('idempotency at the provider'),
    state: alarm('proof'),
    priority: alarm('order'),
    attempt: alarm('who may write the outcome'),
    next_attempt_at: alarm('when it is tried'),
    queued_at: alarm('proof'),
    sent_at: alarm('proof'),
    received_at: alarm('proof'),
    shown_at: alarm('proof'),
    provider_id: alarm('asking the provider'),
    problem: alarm('why it failed'),
  },
  timer: {
    organization_id: ORGANIZATION,
    subject_id: alarm('whose timer'),
    kind: alarm('what is to be done'),
    step: alarm('which'),
    cycle: alarm('which'),
    stage: alarm('which'),
    due_at: alarm('when'),
  },
  engine_module: {
    name: ['M0', 'which part of the engine', 'installation'],
    version: ['M0', 'older replicas leave the work to newer ones', 'installation'],
  },
};
