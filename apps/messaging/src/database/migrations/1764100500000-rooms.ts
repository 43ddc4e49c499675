import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Conversations of emergencies, in which people may meet whom the rules keep apart otherwise. */
export class Rooms1764100500000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE conversation ADD COLUMN lifts_barriers boolean NOT NULL DEFAULT false;
      COMMENT ON COLUMN conversation.lifts_barriers IS 'class=M0;purpose=who may meet whom does not hold here;retention=as the conversation';
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE conversation DROP COLUMN lifts_barriers');
  }
}
