import { schemaContract, undescribedColumns } from '@relais/database/schema.contract';
import { FixedClock } from '@relais/testing';
import { type AuthDatabases, authDatabases } from '../../test/databases.js';
import { migrations } from './migrations.js';

describe('the schema of auth (A-55, A-59)', () => {
  let databases: AuthDatabases;

  beforeAll(async () => {
    databases = await authDatabases(new FixedClock());
  });
  afterAll(() => databases.close());

  it('begins without an account that somebody could know, and without a way in (A-24)', async () => {
    const found: object[] = await databases.db.query(
      'SELECT (SELECT count(*)::int FROM organization_handle) AS organizations, (SELECT count(*)::int FROM bootstrap) AS ways_in',
    );

    expect(found).toEqual([{ organizations: 0, ways_in: 0 }]);
  });

  it('says of every column what it reveals, what it is for and how long it stays', async () => {
    expect(await undescribedColumns(databases.db, ['migrations'])).toEqual([]);
  });

  it('takes no row from a transaction without an organization', async () => {
    const insert = `INSERT INTO organization VALUES (gen_random_uuid(), 'x', '', now())`;

    await expect(databases.db.query(insert)).rejects.toThrow('row-level security');
  });

  schemaContract(() => ({ db: databases.db, ownerUrl: databases.main.ownerUrl }), {
    migrations,
    // They belong to the installation, or are read before the organization is known; no names and no content are in them.
    withoutOrganization: [
      ...['address_change', 'bootstrap', 'inbox', 'login_throttle', 'migrations', 'organization_handle', 'outbox'],
      ...['outbox_cursor', 'revocation', 'signing_key'],
    ],
    hidden: [
      ...[
        'organization',
        'app_user',
        'device',
        'session',
        'refresh_token',
        'invitation',
        'pool',
        'pool_user',
        'name_beginning',
      ],
    ],
  });
});
