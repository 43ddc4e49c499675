import { ConversationsAndEntries1764000000000 } from './migrations/1764000000000-conversations-and-entries.js';

/** The schema of messaging, oldest first. Merged migrations never change. */
export const migrations = [ConversationsAndEntries1764000000000];
