import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['notification', 'alarm_recipient'];

/**
 * Of an alarm the planner expects a thousand rows. What it counts by itself is a few, because most alarms concern a few; by that it goes
 * through all people of the rare large one for each of them, when it matters most. Takes effect with the next ANALYZE
 * (ALTER TABLE, `n_distinct`: a negative value is a share of the rows).
 */
export class LargeRounds1764101100000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const table of TABLES) await db.query(`ALTER TABLE ${table} ALTER COLUMN alarm_id SET (n_distinct = -0.001)`);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of TABLES) await db.query(`ALTER TABLE ${table} ALTER COLUMN alarm_id RESET (n_distinct)`);
  }
}
