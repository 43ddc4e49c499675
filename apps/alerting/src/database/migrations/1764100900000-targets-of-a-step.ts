import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const forgetting = (tables: readonly string[]) => `
  CREATE OR REPLACE FUNCTION forget_alarm() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    ${tables.map((table) => `DELETE FROM ${table} WHERE organization_id = OLD.organization_id AND alarm_id = OLD.id;`).join('\n    ')}
    RETURN NULL;
  END $$;`;

/**
 * The people of a step are one value of its row: ten thousand rows of their own took a sixth of the time until the first device
 * heard of the alarm. They are written once, never changed, and read in pages.
 */
export class TargetsOfAStep1764100900000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE alarm_step ADD COLUMN user_ids uuid[] NOT NULL DEFAULT '{}';
      ALTER TABLE alarm_step ALTER COLUMN user_ids SET STORAGE EXTERNAL;
      UPDATE alarm_step s SET user_ids = t.user_ids
      FROM (SELECT organization_id, alarm_id, step, array_agg(user_id ORDER BY user_id) AS user_ids
            FROM alarm_target GROUP BY organization_id, alarm_id, step) t
      WHERE (t.organization_id, t.alarm_id, t.step) = (s.organization_id, s.alarm_id, s.step);
      ${forgetting(['alarm_recipient', 'notification'])}
      DROP TABLE alarm_target;
    `);
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE alarm_target (
        organization_id uuid    NOT NULL,
        alarm_id        uuid    NOT NULL,
        step            integer NOT NULL,
        user_id         uuid    NOT NULL,
        CONSTRAINT alarm_target_pkey PRIMARY KEY (organization_id, alarm_id, step, user_id)
      );
      INSERT INTO alarm_target SELECT s.organization_id, s.alarm_id, s.step, u FROM alarm_step s, unnest(s.user_ids) AS u;
      ALTER TABLE alarm_step DROP COLUMN user_ids;
      ${forgetting(['alarm_target', 'alarm_recipient', 'notification'])}
    `);
    await db.query(protect('alarm_target'));
  }
}

const CLASSIFICATION: Classification = {
  alarm_step: { user_ids: ['M1', 'who is to be told', 'alarm'] },
};
