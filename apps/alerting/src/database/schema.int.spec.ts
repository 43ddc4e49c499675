import { schemaContract, undescribedColumns } from '@relais/database/schema.contract';
import { type AlertingDatabase, alertingDatabase } from '../../test/alerting-database.js';
import { migrations } from './migrations.js';

describe('the schema of alerting (A-55, A-59)', () => {
  let database: AlertingDatabase;

  beforeAll(async () => {
    database = await alertingDatabase(2);
  });
  afterAll(() => database.close());

  it('says of every column of ours what it reveals, what it is for and how long it stays', async () => {
    expect(await undescribedColumns(database.db, ['migrations', 'outbox', 'outbox_cursor', 'inbox'])).toEqual([]);
  });

  schemaContract(() => ({ db: database.db, ownerUrl: database.fresh.ownerUrl }), {
    migrations,
    // They hold ids only.
    withoutOrganization: [
      ...['address_book', 'engine_module', 'inbox', 'measurement', 'migrations', 'outbox', 'outbox_cursor', 'pace'],
      'timer',
    ],
    hidden: ['alarm', 'alarm_step', 'alarm_recipient', 'notification', 'escalation_policy'],
  });
});
