import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Drills of organizations and what came of them: ids, counts and times. */
export class Drills1764100600100 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE drill (
        organization_id uuid           NOT NULL,
        id              uuid           NOT NULL,
        state           text           NOT NULL DEFAULT 'running'
          CONSTRAINT drill_state_check CHECK (state IN ('running', 'done', 'interrupted')),
        trigger         text           NOT NULL,
        plan            jsonb          NOT NULL,
        started_by      uuid,
        started_at      timestamptz(3) NOT NULL DEFAULT now(),
        ends_at         timestamptz    NOT NULL,
        ended_at        timestamptz,
        score           integer,
        report          jsonb,
        CONSTRAINT drill_pkey PRIMARY KEY (organization_id, id)
      );
      CREATE UNIQUE INDEX drill_running_key ON drill (organization_id) WHERE state = 'running';
      CREATE INDEX drill_started_idx ON drill (organization_id, started_at DESC, id);
    `);
    await db.query(protect('drill'));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE drill');
  }
}

const CLASSIFICATION: Classification = {
  drill: {
    organization_id: ['M0', 'tenant', 'organization'],
    id: ['M1', 'which', 'alarm'],
    state: ['M1', 'whether it is under way', 'alarm'],
    trigger: ['M1', 'who or what began it', 'alarm'],
    plan: ['M1', 'whom it goes to', 'alarm'],
    started_by: ['M1', 'whose it is', 'alarm'],
    started_at: ['M1', 'proof', 'alarm'],
    ends_at: ['M1', 'when it is judged', 'alarm'],
    ended_at: ['M1', 'proof', 'alarm'],
    score: ['M1', 'how good alarming is', 'alarm'],
    report: ['M1', 'who was reached how', 'alarm'],
  },
};
