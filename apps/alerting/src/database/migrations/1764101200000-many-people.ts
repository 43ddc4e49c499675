import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['notification', 'alarm_recipient'];

/**
 * Of ten tellings the planner expects one to be somebody's. Where the same few are told day by day, it takes what it counted for how it
 * is, expects all of a large alarm to be one person's, and reads all of it for each of ten thousand. Takes effect with the next ANALYZE,
 * as `LargeRounds` does.
 */
export class ManyPeople1764101200000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const table of TABLES) await db.query(`ALTER TABLE ${table} ALTER COLUMN user_id SET (n_distinct = -0.1)`);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of TABLES) await db.query(`ALTER TABLE ${table} ALTER COLUMN user_id RESET (n_distinct)`);
  }
}
