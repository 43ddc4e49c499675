import { type Classification, describeColumns } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Phone numbers that a directory gives, and a list of whose addresses have changed, for services that keep a copy. The list is
 * read by who wrote it: the transaction of a change, fenced as the outbox is, because a time of writing would skip what is
 * committed late. A trigger keeps it: addresses are written in several places, and none may forget it. Ids only, of all
 * organizations, so that one statement finds what is next.
 */
export class Addresses1764100200000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE app_user ADD COLUMN phone_sealed bytea;

      CREATE TABLE address_change (
        organization_id uuid NOT NULL,
        user_id         uuid NOT NULL,
        xid             xid8 NOT NULL DEFAULT pg_current_xact_id(),
        CONSTRAINT address_change_pkey PRIMARY KEY (organization_id, user_id)
      ) WITH (fillfactor = 70);
      CREATE INDEX address_change_next_idx ON address_change (xid, user_id);

      CREATE FUNCTION note_address_change() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
          changed app_user := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        BEGIN
          INSERT INTO address_change (organization_id, user_id) VALUES (changed.organization_id, changed.id)
          ON CONFLICT (organization_id, user_id) DO UPDATE SET xid = excluded.xid;
          RETURN NULL;
        END $$;
      CREATE TRIGGER app_user_address_made AFTER INSERT OR DELETE ON app_user
        FOR EACH ROW EXECUTE FUNCTION note_address_change();
      CREATE TRIGGER app_user_address_changed AFTER UPDATE OF email_sealed, phone_sealed, state ON app_user
        FOR EACH ROW WHEN ((OLD.email_sealed, OLD.phone_sealed, OLD.state) IS DISTINCT FROM (NEW.email_sealed, NEW.phone_sealed, NEW.state))
        EXECUTE FUNCTION note_address_change();

      -- The owner sees no organization's rows either; this once it has to see all.
      ALTER TABLE app_user NO FORCE ROW LEVEL SECURITY;
      INSERT INTO address_change (organization_id, user_id) SELECT u.organization_id, u.id FROM app_user u;
      ALTER TABLE app_user FORCE ROW LEVEL SECURITY;
    `);
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP TRIGGER app_user_address_made ON app_user;
      DROP TRIGGER app_user_address_changed ON app_user;
      DROP FUNCTION note_address_change;
      DROP TABLE address_change;
      ALTER TABLE app_user DROP COLUMN phone_sealed;
    `);
  }
}

const CLASSIFICATION: Classification = {
  app_user: { phone_sealed: ['M2', 'reaching the person in an alarm, encrypted', 'person in the organization'] },
  address_change: {
    organization_id: ['M0', 'tenant', 'organization'],
    user_id: ['M1', 'whose address has changed', 'organization'],
    xid: ['M0', 'order of changes', 'organization'],
  },
};
