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
      keep: async (organizationId, keepDays) => {
        if (keepDays === null) store.keepDays.delete(organizationId);
        else store.keepDays.set(organizationId, keepDays);
      },
      age: async (_, id, seq, days) => {
        const entry = store.conversations.get(id)?.log[seq - 1];
        if (entry) entry.recordedAt = new Date(entry.recordedAt.getTime() - days * 86_400_000);
      },
    };
  });
});
