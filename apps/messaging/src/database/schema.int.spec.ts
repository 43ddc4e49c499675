import { migrate, migrationNames } from '@relais/database';
import { schemaContract, TABLES } from '@relais/database/schema.contract';
import { silentLog } from '@relais/observability';
import { freshDatabase } from '@relais/testing';
import { type MessagingDatabase, messagingDatabase } from '../../test/messaging-database.js';
import { migrations } from './migrations.js';

describe('the schema of messaging (A-55, A-59)', () => {
  let database: MessagingDatabase;

  beforeAll(async () => {
    database = await messagingDatabase(2);
  });
  afterAll(() => database.close());

  it('says of every table of ours what it holds, why and how long', async () => {
    const rows: { name: string; comment: string | null }[] = await database.db.query(
      `SELECT t.name, obj_description(t.oid) AS comment FROM (${TABLES}) t WHERE t.name <> 'migrations'`,
    );

    for (const { comment } of rows) expect(comment).toMatch(/^class=M[0-3];purpose=.+;retention=.+$/);
  });

  it('is put up by many at once, with an index that they build beside the writing and that holds', async () => {
    const empty = await freshDatabase();
    try {
      const run = await Promise.all(Array.from({ length: 4 }, () => migrate(empty.ownerUrl, migrations, silentLog)));

      expect(run.flat().toSorted()).toEqual(migrationNames(migrations).toSorted());
      const [index] = await database.db.query(
        `SELECT i.indisvalid AS "isValid" FROM pg_index i WHERE i.indexrelid = 'entry_kept'::regclass`,
      );
      expect(index).toEqual({ isValid: true });
    } finally {
      await empty.drop();
    }
  });

  schemaContract(() => ({ db: database.db, ownerUrl: database.fresh.ownerUrl }), {
    migrations,
    // They hold ids only.
    withoutOrganization: ['inbox', 'migrations', 'organization_seen', 'outbox', 'outbox_cursor'],
    hidden: ['conversation', 'member', 'mark', 'entry', 'mention'],
  });
});
