import { leaseStoreContract } from './lease-store.contract.js';
import { MemoryLeaseStore } from './lease-store.memory.js';

describe('a lease in memory', () => {
  leaseStoreContract(async () => {
    const store = new MemoryLeaseStore();
    return { store, remove: () => store.delete() };
  });
});
