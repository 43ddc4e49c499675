import { entryStoreContract } from './entry-store.contract.js';
import { type MemoryConversation, MemoryEntryStore } from './entry-store.memory.js';

describe('MemoryEntryStore', () => {
  entryStoreContract(async () => {
    const store = new MemoryEntryStore(() => new Date());
    return {
      store,
      put: async (organizationId, id, { members, sharesHistory = false }) => {
        const standing = { kind: 'group', rulesVersion: 1, isClosed: false, messageTtlSeconds: 0, directUserIds: [] };
        store.conversations.set(id, {
          organizationId,
          standing: standing as MemoryConversation['standing'],
          sharesHistory,
          members: members.map((member) => ({ role: 'writer', ...member })),
          log: [],
        });
      },
      raiseRulesVersion: async (_, id) => {
        (store.conversations.get(id) as MemoryConversation).standing.rulesVersion++;
      },
    };
  });
});
