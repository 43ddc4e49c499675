import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Keys for periods of other lengths than a month. The release before this one goes on writing months, without `ends`. The index
 * is for looking through the keys of an organization that are over, once a day.
 */
export class EndsOfKeys1764300000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE data_key DROP CONSTRAINT data_key_period_check;
      ALTER TABLE data_key ADD COLUMN ends date;
      CREATE INDEX data_key_ended_idx
        ON data_key (organization_id, scope_kind, (coalesce(ends, (period + interval '1 month')::date))) WHERE state = 'active';
      COMMENT ON COLUMN data_key.ends IS 'class=M0;purpose=the day from which nobody seals with this key;retention=as the row';
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX data_key_ended_idx;
      ALTER TABLE data_key DROP COLUMN ends;
      ALTER TABLE data_key ADD CONSTRAINT data_key_period_check CHECK (extract(day FROM period) = 1) NOT VALID;
    `);
  }
}
