import type { PersonAddresses } from '@relais/contracts';
import { newId, type OrganizationId, type UserId } from '@relais/kernel';
import { DestinationsWorld } from '../../test/destinations-world.js';
import { AddressBook } from './address-book.js';

/** Answers for auth: pages that a test has laid out, by the cursor before them. */
class Pages {
  readonly pages: PersonAddresses[][] = [];
  readonly asked: (string | undefined)[] = [];
  failsAt = -1;

  request(_: unknown, { cursor }: { cursor?: string }): Promise<unknown> {
    this.asked.push(cursor);
    const at = Number(cursor?.split('.')[0] ?? 0);
    if (at === this.failsAt) return Promise.reject(new Error('auth is away'));
    const next = `${Math.min(at + 1, this.pages.length)}.${newId()}`;
    return Promise.resolve({
      items: this.pages[at] ?? [],
      cursor: next,
      hasMore: at + 1 < this.pages.length,
    });
  }
}

describe('the copy of what the directory knows', () => {
  let world: DestinationsWorld;
  let auth: Pages;
  let book: AddressBook;
  let anna: UserId;

  beforeEach(async () => {
    world = await DestinationsWorld.open();
    auth = new Pages();
    book = new AddressBook(world.db, auth as never, world.sealing);
    anna = newId<UserId>();
  });
  afterEach(() => world.close());

  const timer = { organization_id: newId<OrganizationId>(), subject_id: '', kind: '', step: 0, cycle: 0, stage: 0 };
  const refresh = () => book.refresh(timer, new AbortController().signal);
  const of = (more: object = {}, organizationId = world.organizationId) => ({ organizationId, userId: anna, ...more });
  const reached = async (path: 'email' | 'sms', organizationId = world.organizationId) =>
    ((await world.destinations.of(organizationId, [anna], path)).get(anna) ?? []).map(({ id, address }) => ({
      id,
      address,
    }));

  it('is read page by page, for all organizations, and goes on where it was', async () => {
    auth.pages.push([of({ email: 'anna@example.org' })], [of({ phone: '+4915112345678' }, world.otherId)]);

    const seconds = await refresh();
    await refresh();

    expect(seconds).toBeGreaterThan(60);
    expect(await reached('email')).toMatchObject([{ address: { kind: 'email', address: 'anna@example.org' } }]);
    expect(await reached('sms', world.otherId)).toHaveLength(1);
    expect(await reached('sms')).toEqual([]);
    expect(auth.asked.map((cursor) => cursor?.split('.')[0])).toEqual([undefined, '1', '2']);
  });

  it('keeps the id of what stays, takes away what is not said any more, and forgets who is gone', async () => {
    auth.pages.push(
      [of({ email: 'anna@example.org', phone: '+4915112345678' })],
      [of({ email: 'anna@example.org', phone: '+4930123456' })],
    );
    auth.failsAt = 1;
    await refresh().catch(() => undefined);
    const before = [...(await reached('email')), ...(await reached('sms'))];
    auth.failsAt = -1;
    await refresh();
    const after = [...(await reached('email')), ...(await reached('sms'))];
    auth.pages.push([of()]);
    await refresh();

    expect(before).toHaveLength(2);
    expect(after[0]).toEqual(before[0]);
    expect(after[1]).toMatchObject({ address: { kind: 'phone', number: '+4930123456' } });
    expect(await world.ask('SELECT 1 FROM contact_point')).toEqual([]);
  });

  it('is used for the ways for which the organization wants it, and said once where somebody said the same', async () => {
    world.bus.people.push(anna);
    auth.pages.push([of({ phone: '+4915112345678' })]);
    await refresh();
    const command = { contactPointId: newId<never>(), userId: anna, locale: 'de' };
    const address = { kind: 'phone', number: '+4915112345678' } as const;
    await world.contacts.put({ ...command, address }, world.device(newId()));

    expect(await reached('sms')).toHaveLength(1);
    await world.contacts.remove(command, world.device(newId()));
    expect(await reached('sms')).toHaveLength(1);
    await world.ask(
      `INSERT INTO alarm_settings (organization_id, settings) VALUES ('${world.organizationId}',
         '{"directoryAddresses": {"email": true, "sms": false, "voice": true}}')`,
    );
    expect(await reached('sms')).toEqual([]);
    expect((await world.destinations.of(world.organizationId, [anna], 'voice')).size).toBe(1);
  });
});
