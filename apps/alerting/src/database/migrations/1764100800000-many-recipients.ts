import type { MigrationInterface, QueryRunner } from 'typeorm';

const CHILDREN = ['alarm_target', 'alarm_recipient', 'notification'];

/**
 * What belongs to an alarm goes with it by one trigger on `alarm` instead of a key that is checked for each of ten thousand
 * rows: whoever writes them holds the alarm's own row, or writes it in the same transaction.
 */
export class ManyRecipients1764100800000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const table of CHILDREN) await db.query(`ALTER TABLE ${table} DROP CONSTRAINT ${table}_alarm_fkey`);
    await db.query(`
      CREATE FUNCTION forget_alarm() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        ${CHILDREN.map((table) => `DELETE FROM ${table} WHERE organization_id = OLD.organization_id AND alarm_id = OLD.id;`).join('\n        ')}
        RETURN NULL;
      END $$;
      CREATE TRIGGER alarm_forgotten AFTER DELETE ON alarm FOR EACH ROW EXECUTE FUNCTION forget_alarm();
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TRIGGER alarm_forgotten ON alarm; DROP FUNCTION forget_alarm');
    for (const table of CHILDREN)
      await db.query(
        `ALTER TABLE ${table} ADD CONSTRAINT ${table}_alarm_fkey FOREIGN KEY (organization_id, alarm_id)
           REFERENCES alarm (organization_id, id) ON DELETE CASCADE`,
      );
  }
}
