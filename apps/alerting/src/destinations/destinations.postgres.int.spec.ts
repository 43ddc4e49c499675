import { newId } from '@relais/kernel';
import { DestinationsWorld } from '../../test/destinations-world.js';
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
});
