import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where people can be reached, and by which ways in which order. An alarm needs nobody else for that: what the directory knows
 * is kept here, too.
 *
 * A notification knows when its own silence lets the next way come. The engine before this one gave all people of a step one
 * ladder: it leaves the work to newer ones from now on. What was told before counts as silent now.
 */
export class Destinations1764100200000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE push_registration (
        organization_id uuid        NOT NULL,
        device_id       uuid        NOT NULL,
        kind            text        NOT NULL,
        user_id         uuid        NOT NULL,
        id              uuid        NOT NULL DEFAULT gen_random_uuid(),
        target_sealed   bytea       NOT NULL,
        target_index    bytea       NOT NULL,
        locale          text        NOT NULL,
        renewed_at      timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT push_registration_pkey PRIMARY KEY (organization_id, device_id, kind)
      );
      CREATE INDEX push_registration_user_idx ON push_registration (organization_id, user_id);
      CREATE INDEX push_registration_target_idx ON push_registration (organization_id, target_index);

      CREATE TABLE contact_point (
        organization_id uuid        NOT NULL,
        user_id         uuid        NOT NULL,
        id              uuid        NOT NULL,
        kind            text        NOT NULL CONSTRAINT contact_point_kind_check CHECK (kind IN ('email', 'phone', 'webhook')),
        origin          text        NOT NULL
          CONSTRAINT contact_point_origin_check CHECK (origin IN ('person', 'organization', 'directory')),
        address_sealed  bytea       NOT NULL,
        address_index   bytea       NOT NULL,
        locale          text        NOT NULL,
        usable_since    timestamptz,
        added_at        timestamptz NOT NULL DEFAULT now(),
        code_index      bytea,
        code_expires_at timestamptz,
        code_tries      integer     NOT NULL DEFAULT 0,
        CONSTRAINT contact_point_pkey PRIMARY KEY (organization_id, user_id, id)
      );
      -- What the directory says may be what the person said before.
      CREATE UNIQUE INDEX contact_point_address_key
        ON contact_point (organization_id, user_id, kind, address_index, (origin = 'directory'));

      CREATE TABLE contact_code_quota (
        organization_id uuid        NOT NULL,
        user_id         uuid        NOT NULL,
        began_at        timestamptz NOT NULL,
        sent            integer     NOT NULL,
        CONSTRAINT contact_code_quota_pkey PRIMARY KEY (organization_id, user_id)
      );

      CREATE TABLE contact_rule (
        organization_id uuid    NOT NULL,
        user_id         uuid    NOT NULL,
        rules           text    NOT NULL CONSTRAINT contact_rule_rules_check CHECK (rules IN ('default', 'important')),
        position        integer NOT NULL,
        path            text    NOT NULL,
        silent_seconds  integer NOT NULL,
        CONSTRAINT contact_rule_pkey PRIMARY KEY (organization_id, user_id, rules, position)
      );

      CREATE TABLE quiet_hours (
        organization_id uuid       NOT NULL,
        user_id         uuid       NOT NULL,
        time_zone       text       NOT NULL,
        days            smallint[] NOT NULL,
        begins          time       NOT NULL,
        ends            time       NOT NULL,
        CONSTRAINT quiet_hours_pkey PRIMARY KEY (organization_id, user_id)
      );

      -- How far what the directory knows has been copied; of all organizations together.
      CREATE TABLE address_book (
        name   text PRIMARY KEY,
        cursor text
      );
      INSERT INTO address_book (name) VALUES ('auth');
      INSERT INTO timer (organization_id, subject_id, kind, due_at)
        VALUES ('00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', 'address-book', now());

      ALTER TABLE notification ADD COLUMN silent_at timestamptz DEFAULT now();
      ALTER TABLE notification ALTER COLUMN silent_at DROP DEFAULT;
      UPDATE engine_module SET version = version + 1 WHERE name = 'timers';
    `);
    for (const table of PROTECTED) await db.query(protect(table));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP TABLE address_book, ${PROTECTED.join(', ')};
      DELETE FROM timer WHERE kind IN ('address-book', 'push-expiry');
      ALTER TABLE notification DROP COLUMN silent_at;
      UPDATE engine_module SET version = version - 1 WHERE name = 'timers';
    `);
  }
}

const PROTECTED = ['push_registration', 'contact_point', 'contact_code_quota', 'contact_rule', 'quiet_hours'] as const;

const ORGANIZATION = ['M0', 'tenant', 'organization'] as const;
const person = (purpose: string) => ['M1', purpose, 'person in the organization'] as const;
const place = (purpose: string) => ['M2', purpose, 'person in the organization'] as const;

const CLASSIFICATION: Classification = {
  push_registration: {
    organization_id: ORGANIZATION,
    device_id: ['M1', 'which device', '60 days without renewal'],
    kind: ['M1', 'how', '60 days without renewal'],
    user_id: ['M1', 'whose', '60 days without renewal'],
    id: ['M1', 'throttling', '60 days without renewal'],
    target_sealed: ['M2', 'waking the device, encrypted', '60 days without renewal'],
    target_index: ['M2', 'knowing it again without storing it in the clear', '60 days without renewal'],
    locale: ['M1', 'language of what is said', '60 days without renewal'],
    renewed_at: ['M1', 'forgetting it', '60 days without renewal'],
  },
  contact_point: {
    organization_id: ORGANIZATION,
    user_id: person('whose'),
    id: person('which'),
    kind: person('how'),
    origin: person('who said it'),
    address_sealed: place('reaching the person, encrypted'),
    address_index: place('knowing it again without storing it in the clear'),
    locale: person('language of what is said'),
    usable_since: person('whether it may be used'),
    added_at: person('proof'),
    code_index: ['M2', 'proof that the address is theirs, keyed digest', '10 minutes'],
    code_expires_at: ['M1', 'end of the proof', '10 minutes'],
    code_tries: ['M1', 'limiting guesses', '10 minutes'],
  },
  contact_code_quota: {
    organization_id: ORGANIZATION,
    user_id: person('whose'),
    began_at: ['M1', 'limiting what is sent', 'a day'],
    sent: ['M1', 'limiting what is sent', 'a day'],
  },
  contact_rule: {
    organization_id: ORGANIZATION,
    user_id: person('whose'),
    rules: person('for what'),
    position: person('order'),
    path: person('how'),
    silent_seconds: person('when the next way comes'),
  },
  quiet_hours: {
    organization_id: ORGANIZATION,
    user_id: person('whose'),
    time_zone: person('when a notice waits'),
    days: person('when a notice waits'),
    begins: person('when a notice waits'),
    ends: person('when a notice waits'),
  },
  address_book: {
    name: ['M0', 'whose addresses', 'installation'],
    cursor: ['M0', 'how far they have been copied', 'installation'],
  },
  notification: { silent_at: ['M1', 'when the next way comes', 'alarm'] },
};
