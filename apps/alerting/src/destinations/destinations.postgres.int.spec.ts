import { rows } from '@relais/database';
import { newId, type UserId } from '@relais/kernel';
import { metrics } from '@relais/observability';
import { DestinationsWorld } from '../../test/destinations-world.js';
import { deadTokensOf, insertDrill } from '../drills/drill-rows.postgres.js';
import { destinationsContract } from './destinations.contract.js';

describe('destinations in PostgreSQL', () => {
  destinationsContract(async () => {
    const world = await DestinationsWorld.open();
    return {
      ...{ destinations: world.destinations, organizationId: world.organizationId, otherId: world.otherId },
      add: (organizationId, userId, address) => {
        const by = world.device(userId, organizationId);
        if (address.kind === 'email' || address.kind === 'phone' || address.kind === 'webhook') {
          world.bus.people.push(userId);
          const administrator = world.device(newId(), organizationId);
          const command = { contactPointId: newId<never>(), userId, address, locale: 'en' };
          return world.contacts.put(command, administrator);
        }
        return world.pushes.put({ target: address, locale: 'en' }, by);
      },
      close: () => world.close(),
    };
  });

  it('count the devices that are gone for the drill under way, each once', async () => {
    const world = await DestinationsWorld.open();
    const { organizationId } = world;
    const anna = newId<UserId>();
    const drill = {
      id: newId(),
      trigger: 'person',
      plan: { poolIds: [], everyone: true, seconds: 60 },
      startedBy: null,
    };
    for (const token of ['token-one', 'token-two', 'token-three'])
      await world.pushes.put({ target: { kind: 'fcm', token }, locale: 'en' }, world.device(anna));
    const [one, two, three] = (await world.destinations.of(organizationId, [anna], 'push')).get(anna) ?? [];

    await world.destinations.forget(organizationId, one!);
    await world.db.within(organizationId, (tx) => insertDrill(tx, organizationId, drill));
    for (const gone of [two!, two!, three!]) await world.destinations.forget(organizationId, gone);

    expect(await world.db.within(organizationId, (tx) => deadTokensOf(tx, organizationId, drill.id))).toBe(2);
    await world.close();
  });

  it('tell of what a provider says is gone, once, and show an address that it was', async () => {
    const world = await DestinationsWorld.open();
    const [anna, administrator] = [newId<UserId>(), world.device(newId())];
    world.bus.people.push(anna);
    await world.pushes.put({ target: { kind: 'fcm', token: 'token-one' }, locale: 'en' }, world.device(anna));
    const address = { kind: 'email', address: 'anna@example.org' } as const;
    await world.contacts.put({ contactPointId: newId<never>(), userId: anna, address, locale: 'en' }, administrator);
    const deadOf = async (kind: string): Promise<number> => {
      const text = await metrics.getSingleMetricAsString('relais_alarm_dead_destinations_total');
      return Number(new RegExp(`kind="${kind}"} (\\d+)`).exec(text)?.[1] ?? 0);
    };
    const before = [await deadOf('fcm'), await deadOf('email')];

    for (const path of ['push', 'email'] as const)
      for (const gone of (await world.destinations.of(world.organizationId, [anna], path)).get(anna) ?? [])
        for (let time = 0; time < 2; time++) await world.destinations.forget(world.organizationId, gone);

    const facts = await world.db.outside((tx) =>
      rows<{ action: string }>(
        tx,
        `SELECT data ->> 'action' AS action FROM outbox WHERE data #>> '{actor,kind}' = 'provider' ORDER BY 1`,
      ),
    );
    expect(facts.map(({ action }) => action)).toEqual(['contact-point.unusable', 'push-registration.removed']);
    expect([await deadOf('fcm'), await deadOf('email')]).toEqual(before.map((count) => count + 1));
    const { items } = await world.contacts.list({ userId: anna }, administrator);
    expect(items).toMatchObject([{ isUsable: false }]);
    await world.close();
  });
});
