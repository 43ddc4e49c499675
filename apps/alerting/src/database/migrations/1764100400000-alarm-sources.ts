import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where alarms come from beside people: what others send, what is missed, what is due. `tokens` is what a source may still
 * send, counted here because every delivery writes its row anyway.
 */
export class AlarmSources1764100400000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE alarm_source (
        organization_id  uuid             NOT NULL,
        id               uuid             NOT NULL,
        kind             text             NOT NULL,
        settings_sealed  bytea            NOT NULL,
        is_paused        boolean          NOT NULL,
        share            smallint         NOT NULL,
        secret_hash      bytea,
        old_secret_hash  bytea,
        old_secret_until timestamptz,
        tokens           double precision NOT NULL DEFAULT 0,
        tokens_at        timestamptz      NOT NULL DEFAULT 'epoch',
        beat_seconds     integer,
        beat_state       text,
        beat_at          timestamptz,
        expected_by      timestamptz,
        next_at          timestamptz,
        created_at       timestamptz      NOT NULL DEFAULT now(),
        CONSTRAINT alarm_source_pkey PRIMARY KEY (organization_id, id)
      ) WITH (fillfactor = 70);

      CREATE TABLE alarm_source_receipt (
        organization_id uuid        NOT NULL,
        source_id       uuid        NOT NULL,
        message_hash    bytea       NOT NULL,
        content_hash    bytea       NOT NULL,
        received_at     timestamptz NOT NULL,
        is_taken        boolean     NOT NULL DEFAULT false,
        CONSTRAINT alarm_source_receipt_pkey PRIMARY KEY (organization_id, source_id, message_hash),
        CONSTRAINT alarm_source_receipt_source_fkey FOREIGN KEY (organization_id, source_id)
          REFERENCES alarm_source (organization_id, id) ON DELETE CASCADE
      );
      CREATE INDEX alarm_source_receipt_age_idx ON alarm_source_receipt (organization_id, source_id, received_at);

      CREATE TABLE alarm_source_group (
        organization_id uuid        NOT NULL,
        source_id       uuid        NOT NULL,
        key_index       bytea       NOT NULL,
        id              uuid        NOT NULL DEFAULT gen_random_uuid(),
        alarm_id        uuid        NOT NULL,
        severity        text        NOT NULL,
        version         integer     NOT NULL DEFAULT 1,
        said_sealed     bytea       NOT NULL,
        window_ends_at  timestamptz NOT NULL,
        CONSTRAINT alarm_source_group_pkey PRIMARY KEY (organization_id, source_id, key_index),
        CONSTRAINT alarm_source_group_id_key UNIQUE (organization_id, id),
        CONSTRAINT alarm_source_group_source_fkey FOREIGN KEY (organization_id, source_id)
          REFERENCES alarm_source (organization_id, id) ON DELETE CASCADE
      );

      CREATE TABLE alarm_source_delivery (
        organization_id uuid           NOT NULL,
        source_id       uuid           NOT NULL,
        id              uuid           NOT NULL,
        at              timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        outcome         text           NOT NULL,
        problem_sealed  bytea,
        alarm_id        uuid,
        body_sealed     bytea,
        CONSTRAINT alarm_source_delivery_pkey PRIMARY KEY (organization_id, source_id, id),
        CONSTRAINT alarm_source_delivery_source_fkey FOREIGN KEY (organization_id, source_id)
          REFERENCES alarm_source (organization_id, id) ON DELETE CASCADE
      );
    `);
    for (const table of PROTECTED) await db.query(protect(table));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE ${PROTECTED.toReversed().join(', ')}`);
  }
}

const PROTECTED = ['alarm_source', 'alarm_source_receipt', 'alarm_source_group', 'alarm_source_delivery'] as const;

const ORGANIZATION = ['M0', 'tenant', 'organization'] as const;
const source = (purpose: string) => ['M1', purpose, 'organization'] as const;
const day = (purpose: string) => ['M1', purpose, 'day'] as const;

const CLASSIFICATION: Classification = {
  alarm_source: {
    organization_id: ORGANIZATION,
    id: source('which'),
    kind: source('how it is heard'),
    settings_sealed: ['M3', 'its name, what it raises, and keys of signatures, encrypted', 'organization'],
    is_paused: source('whether it is heard'),
    share: source('how often it is heard'),
    secret_hash: source('knowing who sends'),
    old_secret_hash: source('knowing who sends'),
    old_secret_until: source('until when the secret before is taken'),
    tokens: source('how often it is heard'),
    tokens_at: source('how often it is heard'),
    beat_seconds: source('when it is missed'),
    beat_state: source('whether it is missed'),
    beat_at: source('when it was heard last'),
    expected_by: source('when it is missed'),
    next_at: source('when it raises'),
    created_at: source('when it was made'),
  },
  alarm_source_receipt: {
    organization_id: ORGANIZATION,
    source_id: day('which'),
    message_hash: day('knowing a repetition'),
    content_hash: day('knowing a repetition'),
    received_at: day('when it is forgotten'),
    is_taken: day('whether it is done'),
  },
  alarm_source_group: {
    organization_id: ORGANIZATION,
    source_id: source('which'),
    key_index: source('finding the open one'),
    id: source('whose timer'),
    alarm_id: source('which alarm'),
    severity: source('whether it got worse'),
    version: source('order'),
    said_sealed: ['M3', 'what was said under this key, encrypted', 'organization'],
    window_ends_at: source('when it is told'),
  },
  alarm_source_delivery: {
    organization_id: ORGANIZATION,
    source_id: source('which'),
    id: source('order'),
    at: source('when it came'),
    outcome: source('what became of it'),
    problem_sealed: ['M3', 'what was wrong with it, encrypted', 'organization'],
    alarm_id: source('which alarm'),
    body_sealed: ['M3', 'what was sent, encrypted', 'day'],
  },
};
