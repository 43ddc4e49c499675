import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What names are found by. A table of numbers and not an array beside the name: under row-level security PostgreSQL asks an
 * index only what it trusts to give nothing away, which `=` is, and `@>` is not. `name_indexed` says of which sealed name the
 * beginnings are, so that whoever renames without them is noticed. A trigger in the place of a foreign key lets them go with the
 * person: a key would be checked for each of them, ten times for each person, by a plan that a session made while there were few.
 */
export class NameSearch1764295000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE app_user ADD COLUMN name_indexed bytea;
      CREATE INDEX app_user_unindexed_idx ON app_user (organization_id, id)
        WHERE name_indexed IS DISTINCT FROM sha256(display_name_sealed);

      CREATE TABLE name_beginning (
        organization_id uuid   NOT NULL,
        digest          bigint NOT NULL,
        user_id         uuid   NOT NULL,
        CONSTRAINT name_beginning_pkey PRIMARY KEY (organization_id, digest, user_id)
      );
      -- Who is renamed or removed is found here.
      CREATE INDEX name_beginning_user_idx ON name_beginning (organization_id, user_id);

      CREATE FUNCTION forget_name() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          DELETE FROM name_beginning n WHERE n.organization_id = OLD.organization_id AND n.user_id = OLD.id;
          RETURN NULL;
        END $$;
      CREATE TRIGGER app_user_name_forgotten AFTER DELETE ON app_user FOR EACH ROW EXECUTE FUNCTION forget_name();
    `);
    await db.query(protect('name_beginning'));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP TRIGGER app_user_name_forgotten ON app_user;
      DROP FUNCTION forget_name;
      DROP TABLE name_beginning;
      DROP INDEX app_user_unindexed_idx;
      ALTER TABLE app_user DROP COLUMN name_indexed;
    `);
  }
}

const PERSON = 'person in the organization';

const CLASSIFICATION: Classification = {
  app_user: { name_indexed: ['M0', 'noticing names whose beginnings are missing', PERSON] },
  name_beginning: {
    organization_id: ['M0', 'tenant', 'organization'],
    digest: ['M2', 'finding people by name: keyed digests, equal where names begin alike', PERSON],
    user_id: ['M1', 'whose name begins like this', PERSON],
  },
};
