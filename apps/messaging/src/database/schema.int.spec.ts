import { schemaContract, TABLES } from '@relais/database/schema.contract';
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

  schemaContract(() => ({ db: database.db, ownerUrl: database.fresh.ownerUrl }), {
    migrations,
    // They hold ids only.
    withoutOrganization: ['inbox', 'migrations', 'organization_seen', 'outbox', 'outbox_cursor'],
    hidden: ['conversation', 'member', 'mark', 'entry', 'mention'],
  });
});
