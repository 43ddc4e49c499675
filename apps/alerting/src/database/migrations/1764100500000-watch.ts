import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is looked at of the first channel, what was seen, and what is concluded from it. */
export class Watch1764100500000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE watch_settings (
        organization_id uuid        NOT NULL,
        settings        jsonb       NOT NULL,
        changed_at      timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT watch_settings_pkey PRIMARY KEY (organization_id)
      );

      CREATE TABLE watch_state (
        organization_id uuid        NOT NULL,
        is_outage       boolean     NOT NULL DEFAULT false,
        changed_at      timestamptz,
        CONSTRAINT watch_state_pkey PRIMARY KEY (organization_id)
      );

      CREATE TABLE watch_probe (
        organization_id    uuid        NOT NULL,
        id                 uuid        NOT NULL,
        probe_sealed       bytea       NOT NULL,
        kind               text        NOT NULL,
        is_control         boolean     NOT NULL,
        is_enabled         boolean     NOT NULL,
        failed_in_row      integer     NOT NULL DEFAULT 0,
        succeeded_in_row   integer     NOT NULL DEFAULT 0,
        state              text        NOT NULL DEFAULT 'unknown'
          CONSTRAINT watch_probe_state_check CHECK (state IN ('unknown', 'up', 'down')),
        changed_at         timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT watch_probe_pkey PRIMARY KEY (organization_id, id)
      );

      CREATE TABLE watch_result (
        organization_id uuid        NOT NULL,
        probe_id        uuid        NOT NULL,
        id              uuid        NOT NULL,
        at              timestamptz NOT NULL DEFAULT clock_timestamp(),
        outcome         text        NOT NULL,
        latency_ms      integer     NOT NULL,
        problem         text,
        replica         text        NOT NULL,
        CONSTRAINT watch_result_pkey PRIMARY KEY (organization_id, probe_id, id),
        CONSTRAINT watch_result_probe_fkey FOREIGN KEY (organization_id, probe_id)
          REFERENCES watch_probe (organization_id, id) ON DELETE CASCADE
      );

      CREATE TABLE watch_transition (
        organization_id uuid        NOT NULL,
        id              uuid        NOT NULL,
        at              timestamptz NOT NULL DEFAULT clock_timestamp(),
        probe_id        uuid,
        became          text        NOT NULL,
        problem         text,
        CONSTRAINT watch_transition_pkey PRIMARY KEY (organization_id, id)
      );
    `);
    for (const table of PROTECTED) await db.query(protect(table));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE ${PROTECTED.toReversed().join(', ')}`);
  }
}

const PROTECTED = ['watch_settings', 'watch_state', 'watch_probe', 'watch_result', 'watch_transition'] as const;

const ORGANIZATION = ['M0', 'tenant', 'organization'] as const;
const probe = (purpose: string) => ['M0', purpose, 'probe'] as const;
const result = (purpose: string) => ['M0', purpose, 'the last 200 of a probe'] as const;
const transition = (purpose: string) => ['M0', purpose, 'the last 1,000 of an organization'] as const;

const CLASSIFICATION: Classification = {
  watch_settings: {
    organization_id: ORGANIZATION,
    settings: ['M0', 'when it is an outage', 'organization'],
    changed_at: ['M0', 'what held when', 'organization'],
  },
  watch_state: {
    organization_id: ORGANIZATION,
    is_outage: ['M0', 'what the watch has concluded', 'organization'],
    changed_at: ['M0', 'holding it for a while', 'organization'],
  },
  watch_probe: {
    organization_id: ORGANIZATION,
    id: probe('which'),
    probe_sealed: ['M3', 'where to look and with which secret, encrypted', 'probe'],
    kind: probe('metrics'),
    is_control: probe('whether it counts'),
    is_enabled: probe('whether it is looked at'),
    failed_in_row: probe('concluding'),
    succeeded_in_row: probe('concluding'),
    state: probe('concluding'),
    changed_at: probe('display'),
  },
  watch_result: {
    organization_id: ORGANIZATION,
    probe_id: result('of which'),
    id: result('order'),
    at: result('when'),
    outcome: result('what was seen'),
    latency_ms: result('what was seen'),
    problem: result('what was seen'),
    replica: result('who looked'),
  },
  watch_transition: {
    organization_id: ORGANIZATION,
    id: transition('order'),
    at: transition('report'),
    probe_id: transition('of which'),
    became: transition('report'),
    problem: transition('report'),
  },
};
