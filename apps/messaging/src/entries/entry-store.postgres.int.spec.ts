import { withOrganization } from '@relais/database';
import { age, keep } from '../../test/keeping.js';
import { type MessagingDatabase, messagingDatabase, putConversation } from '../../test/messaging-database.js';
import { entryStoreContract } from './entry-store.contract.js';
import { PostgresEntryStore } from './entry-store.postgres.js';

describe('PostgresEntryStore', () => {
  let database: MessagingDatabase;

  afterAll(() => database.close());

  entryStoreContract(async () => {
    database = await messagingDatabase();
    const { db } = database;
    return {
      store: new PostgresEntryStore(db, 5_000),
      put: (organizationId, id, wished) => putConversation(db, organizationId, id, wished),
      raiseRulesVersion: (organizationId, id) =>
        withOrganization(db, organizationId, async (tx) => {
          await tx.query(
            'UPDATE conversation SET rules_version = rules_version + 1 WHERE organization_id = $1 AND id = $2',
            [organizationId, id],
          );
        }),
      keep: (organizationId, keepDays) => keep(db, organizationId, { keepDays }),
      age: (organizationId, id, seq, days) => age(db, organizationId, id, days, seq),
    };
  });
});
