import { newId, type OrganizationId, type UserId } from '@relais/kernel';
import type { Address, Destinations } from '../senders/destinations.js';

export interface DestinationsWorld {
  destinations: Destinations;
  organizationId: OrganizationId;
  /** Another one, over the same store. */
  otherId: OrganizationId;
  /** Makes a destination ready to be sent to. */
  add(organizationId: OrganizationId, userId: UserId, address: Address): Promise<unknown>;
  close(): Promise<void>;
}

const keys = { p256dh: 'p'.repeat(87), auth: 'a'.repeat(22) };
const email = (address: string): Address => ({ kind: 'email', address });
const phone: Address = { kind: 'phone', number: '+4915112345678' };

/** What senders rely on, whatever keeps the destinations. */
export function destinationsContract(open: () => Promise<DestinationsWorld>): void {
  let world: DestinationsWorld;
  beforeEach(async () => {
    world = await open();
  });
  afterEach(() => world.close());

  const of = (userIds: UserId[], path: Parameters<Destinations['of']>[2], organizationId = world.organizationId) =>
    world.destinations.of(organizationId, userIds, path);
  const addresses = async (userId: UserId, path: Parameters<Destinations['of']>[2]) =>
    ((await of([userId], path)).get(userId) ?? []).map(({ address }) => address);

  it('gives each person what the way leads to, ready to be sent to, and leaves out who has nothing', async () => {
    const [anna, ben, carl] = [newId<UserId>(), newId<UserId>(), newId<UserId>()];
    const target = { kind: 'web_push', endpoint: 'https://push.example/1', keys } as const;
    await world.add(world.organizationId, anna, target);
    await world.add(world.organizationId, anna, phone);
    await world.add(world.organizationId, ben, email('ben@example.org'));

    const pushes = await of([anna, ben, carl], 'push');
    expect([...pushes.keys()]).toEqual([anna]);
    expect(pushes.get(anna)).toMatchObject([{ userId: anna, deviceId: expect.any(String), address: target }]);
    expect(await addresses(anna, 'sms')).toEqual([phone]);
    expect(await addresses(anna, 'voice')).toEqual([phone]);
    expect(await addresses(anna, 'email')).toEqual([]);
    expect(await addresses(ben, 'email')).toEqual([email('ben@example.org')]);
    expect((await of([], 'email')).size).toBe(0);
  });

  it('shows nothing of other organizations', async () => {
    const anna = newId<UserId>();
    await world.add(world.organizationId, anna, phone);

    expect((await of([anna], 'sms', world.otherId)).size).toBe(0);
  });

  it('keeps the id of a destination from one look to the next', async () => {
    const anna = newId<UserId>();
    await world.add(world.organizationId, anna, phone);

    const [first, again] = [(await of([anna], 'sms')).get(anna), (await of([anna], 'voice')).get(anna)];
    expect(first?.[0]?.id).toBe(again?.[0]?.id);
  });

  it('tells whether there is any device to wake, which a phone number is not', async () => {
    const { destinations, organizationId, otherId } = world;
    await world.add(organizationId, newId<UserId>(), phone);
    const before = await destinations.anyToWake(organizationId);
    const anna = newId<UserId>();
    await world.add(organizationId, anna, { kind: 'fcm', token: 'token-one' });
    const after = await destinations.anyToWake(organizationId);
    await destinations.forget(organizationId, (await of([anna], 'push')).get(anna)![0]!);

    expect([before, after, await destinations.anyToWake(organizationId)]).toEqual([false, true, false]);
    expect(await destinations.anyToWake(otherId)).toBe(false);
  });

  it('forgets what a provider says is gone, once and again, and nothing else', async () => {
    const anna = newId<UserId>();
    await world.add(world.organizationId, anna, { kind: 'fcm', token: 'token-one' });
    await world.add(world.organizationId, anna, { kind: 'fcm', token: 'token-two' });
    const gone = (await of([anna], 'push'))
      .get(anna)
      ?.find(({ address }) => 'token' in address && address.token === 'token-one');

    await world.destinations.forget(world.otherId, gone!);
    expect(await addresses(anna, 'push')).toHaveLength(2);
    await world.destinations.forget(world.organizationId, gone!);
    await world.destinations.forget(world.organizationId, gone!);

    expect(await addresses(anna, 'push')).toEqual([{ kind: 'fcm', token: 'token-two' }]);
  });
}
