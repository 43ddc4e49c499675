import { keyStoreContract } from './key-store.contract.js';
import { MemoryKeyStore } from './key-store.memory.js';

describe('MemoryKeyStore', () => {
  keyStoreContract(async () => new MemoryKeyStore());
});
