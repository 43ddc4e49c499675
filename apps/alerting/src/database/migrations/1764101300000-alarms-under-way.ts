import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Alarms that are not over are looked for again and again, among all that ever were. */
export class AlarmsUnderWay1764101300000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE INDEX alarm_under_way_idx ON alarm (organization_id, raised_at DESC, id)
        WHERE state IN ('awaiting_approval', 'open', 'acknowledged')
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP INDEX alarm_under_way_idx');
  }
}
