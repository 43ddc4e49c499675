import { newId } from '@relais/kernel';
import { destinationsContract } from './destinations.contract.js';
import { MemoryDestinations } from './destinations.memory.js';

describe('destinations in memory', () => {
  destinationsContract(() => {
    const destinations = new MemoryDestinations();
    const isOfDevice = ['web_push', 'apns', 'fcm', 'unified_push'];
    return Promise.resolve({
      ...{ destinations, organizationId: newId(), otherId: newId() },
      add: (organizationId, userId, address) => {
        const device = isOfDevice.includes(address.kind) ? { deviceId: newId() } : {};
        destinations.add(organizationId, { id: newId(), userId, locale: 'en', address, ...device });
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    });
  });
});
