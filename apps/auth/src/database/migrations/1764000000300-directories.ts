import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where people come from who were not invited; directories, their runs, and what each run changes. */
export class Directories1764000000300 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE directory (
        organization_id uuid        NOT NULL REFERENCES organization (organization_id),
        id              uuid        NOT NULL,
        settings_sealed bytea       NOT NULL,
        next_run_at     timestamptz,
        lease_owner     text,
        leased_until    timestamptz,
        created_at      timestamptz NOT NULL,
        CONSTRAINT directory_pkey PRIMARY KEY (organization_id, id)
      );

      CREATE TABLE external_identity (
        organization_id uuid  NOT NULL,
        source_id       uuid  NOT NULL,
        external_index  bytea NOT NULL,
        user_id         uuid  NOT NULL,
        place_sealed    bytea NOT NULL,
        digest          bytea NOT NULL,
        CONSTRAINT external_identity_pkey PRIMARY KEY (organization_id, source_id, external_index),
        CONSTRAINT external_identity_user_fkey FOREIGN KEY (organization_id, user_id)
          REFERENCES app_user (organization_id, id) ON DELETE CASCADE
      );
      CREATE INDEX external_identity_user_idx ON external_identity (organization_id, user_id);

      CREATE TABLE directory_run (
        organization_id uuid        NOT NULL,
        id              uuid        NOT NULL,
        directory_id    uuid        NOT NULL,
        state           text        NOT NULL,
        is_dry          boolean     NOT NULL,
        started_by      uuid,
        started_at      timestamptz NOT NULL,
        finished_at     timestamptz,
        seen            integer     NOT NULL DEFAULT 0,
        problem_sealed  bytea,
        CONSTRAINT directory_run_pkey PRIMARY KEY (organization_id, id),
        CONSTRAINT directory_run_directory_fkey FOREIGN KEY (organization_id, directory_id)
          REFERENCES directory (organization_id, id) ON DELETE CASCADE
      );
      CREATE INDEX directory_run_directory_idx ON directory_run (organization_id, directory_id, started_at);

      CREATE TABLE directory_change (
        organization_id uuid    NOT NULL,
        run_id          uuid    NOT NULL,
        position        integer NOT NULL,
        kind            text    NOT NULL CONSTRAINT directory_change_kind_check CHECK (kind IN ('create', 'update', 'disable', 'enable')),
        user_id         uuid,
        external_index  bytea   NOT NULL,
        record_sealed   bytea   NOT NULL,
        digest          bytea   NOT NULL,
        before          jsonb,
        before_sealed   bytea,
        state           text    NOT NULL DEFAULT 'planned',
        problem         text,
        CONSTRAINT directory_change_pkey PRIMARY KEY (organization_id, run_id, position),
        CONSTRAINT directory_change_run_fkey FOREIGN KEY (organization_id, run_id)
          REFERENCES directory_run (organization_id, id) ON DELETE CASCADE
      );
    `);
    for (const table of ['directory', 'external_identity', 'directory_run', 'directory_change'])
      await db.query(protect(table));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE directory_change, directory_run, external_identity, directory');
  }
}

const ORGANIZATION = ['M0', 'tenant', 'organization'] as const;
const directory = (purpose: string) => ['M1', purpose, 'directory'] as const;
const run = (purpose: string) => ['M1', purpose, 'directory'] as const;

const CLASSIFICATION: Classification = {
  directory: {
    organization_id: ORGANIZATION,
    id: directory('identity'),
    settings_sealed: ['M2', 'reading the directory, its password included', 'directory'],
    next_run_at: directory('schedule'),
    lease_owner: directory('which replica runs it'),
    leased_until: directory('which replica runs it'),
    created_at: directory('display'),
  },
  external_identity: {
    organization_id: ORGANIZATION,
    source_id: ['M1', 'where the person comes from', 'person in the organization'],
    external_index: ['M2', 'recognising the person', 'person in the organization'],
    user_id: ['M1', 'who it is', 'person in the organization'],
    place_sealed: ['M2', 'finding the entry at login', 'person in the organization'],
    digest: ['M1', 'noticing changes', 'person in the organization'],
  },
  directory_run: {
    organization_id: ORGANIZATION,
    id: run('identity'),
    directory_id: run('which directory'),
    state: run('how far it is'),
    is_dry: run('whether it only plans'),
    started_by: run('who asked for it'),
    started_at: run('display'),
    finished_at: run('display and the time to undo'),
    seen: run('how many people the directory showed'),
    problem_sealed: ['M2', 'what went wrong', 'directory'],
  },
  directory_change: {
    organization_id: ORGANIZATION,
    run_id: run('which run'),
    position: run('order'),
    kind: run('what changes'),
    user_id: run('of whom'),
    external_index: ['M2', 'recognising the person', 'directory'],
    record_sealed: ['M2', 'name, address and pools as the directory says', 'directory'],
    digest: run('noticing changes'),
    before: run('taking it back: role, state, pools'),
    before_sealed: ['M2', 'taking it back: the name before', 'directory'],
    state: run('planned, applied, undone'),
    problem: run('why it was not applied'),
  },
};
