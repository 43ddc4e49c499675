import { newId, type OrganizationId, SystemClock, type UserId } from '@relais/kernel';
import { writePhone } from '../src/addresses/address-rows.postgres.js';
import { ListAddressesHandler } from '../src/addresses/list-addresses.js';
import type { Tx } from '../src/database/database.js';
import { rows } from '../src/database/sql.js';
import { deleteUser } from '../src/users/user-rows.postgres.js';
import { type AuthDatabases, authDatabases } from './databases.js';

const NOW = new Date();

describe('addresses that other services copy', () => {
  let databases: AuthDatabases;
  let handler: ListAddressesHandler;
  let organizationId: OrganizationId;
  let cursor: string | undefined;

  beforeAll(async () => {
    databases = await authDatabases(new SystemClock());
    handler = new ListAddressesHandler(databases.database, databases.personal);
  });
  afterAll(() => databases.close());
  beforeEach(async () => {
    organizationId = newId<OrganizationId>();
    await within((tx) =>
      rows(tx, `INSERT INTO organization (organization_id, handle, name_sealed, created_at) VALUES ($1, $2, '', $3)`, [
        organizationId,
        organizationId,
        NOW,
      ]),
    );
  });

  const within = <Result>(work: (tx: Tx) => Promise<Result>) => databases.database.within(organizationId, work);
  const page = async (limit = 500) => {
    const found = await handler.execute({ cursor, limit });
    cursor = found.cursor;
    return found.items.filter((one) => one.organizationId === organizationId);
  };
  /** Transactions of other databases of the server hold the fence back, too: what was committed comes, but not at once. */
  const pagesOf = async (count: number, limit = 500) => {
    const pages: Awaited<ReturnType<typeof page>>[] = [];
    while (pages.flat().length < count) {
      const found = await page(limit);
      if (found.length > 0) pages.push(found);
      else await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return pages;
  };
  const seal = (userId: UserId, column: 'app_user.email' | 'app_user.phone', text: string) =>
    databases.personal.sealOfUser(userId, { organizationId, column, rowId: userId }, text);
  const insert = async (tx: Tx, userId: UserId, email: string) =>
    rows(
      tx,
      `INSERT INTO app_user (organization_id, id, role, state, email_index, email_sealed, display_name_sealed, password_hash, created_at)
       VALUES ($1, $2, 'member', 'active', $3, $4, '', '', $5)`,
      [organizationId, userId, Buffer.from(email), await seal(userId, 'app_user.email', email), NOW],
    );
  const aPerson = async (email: string) => {
    const userId = newId<UserId>();
    await within((tx) => insert(tx, userId, email));
    return userId;
  };

  it('are told once when somebody comes, is changed or disabled, and goes', async () => {
    const userId = await aPerson('anna@example.org');
    const came = [(await pagesOf(1)).flat(), await page()];
    const phone = await seal(userId, 'app_user.phone', '+4915112345678');
    await within((tx) => writePhone(tx, organizationId, userId, phone));
    const changed = (await pagesOf(1)).flat();
    await within((tx) =>
      rows(tx, `UPDATE app_user u SET password_hash = 'x' WHERE u.organization_id = $1`, [organizationId]),
    );
    const nothing = await page();
    await within((tx) =>
      rows(tx, `UPDATE app_user u SET state = 'disabled' WHERE u.organization_id = $1`, [organizationId]),
    );
    const disabled = (await pagesOf(1)).flat();
    await within((tx) => deleteUser(tx, organizationId, userId));

    const who = { organizationId, userId };
    expect(came).toEqual([[{ ...who, email: 'anna@example.org' }], []]);
    expect(changed).toEqual([{ ...who, email: 'anna@example.org', phone: '+4915112345678' }]);
    expect([nothing, disabled, (await pagesOf(1)).flat()]).toEqual([[], [who], [who]]);
  });

  it('are not skipped when they are committed late, as reading by time alone would do (M9)', async () => {
    const [late, early] = [newId<UserId>(), newId<UserId>()];
    const [began, finish] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow = within(async (tx) => {
      await insert(tx, late, 'late@example.org');
      began.resolve();
      await finish.promise;
    });
    await began.promise;
    await within((tx) => insert(tx, early, 'early@example.org'));
    const meanwhile = await page();
    finish.resolve();
    await slow;

    expect(meanwhile.map(({ userId }) => userId)).not.toContain(late);
    const rest = await pagesOf(2 - meanwhile.length);
    const afterwards = [...meanwhile, ...rest.flat()].map(({ email }) => email);
    expect(afterwards.toSorted()).toEqual(['early@example.org', 'late@example.org']);
  });

  it('come page by page, and again from the beginning for a cursor of another database', async () => {
    const people = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => aPerson(`${name}@example.org`)));
    const pages = await pagesOf(5, 2);
    const ids = pages.flat().map(({ userId }) => userId);
    const anew = await handler.execute({ cursor: '9999999999999.00000000-0000-0000-0000-000000000000', limit: 500 });

    expect(Math.max(...pages.map(({ length }) => length))).toBe(2);
    expect(ids.toSorted()).toEqual(people.toSorted());
    expect(anew.items.map(({ userId }) => userId)).toEqual(expect.arrayContaining(people));
  });
});
