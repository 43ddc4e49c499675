import { ContactReviews1764000000510 } from './migrations/1764000000510-contact-reviews.js';
import { ConversationsAndEntries1764000000000 } from './migrations/1764000000000-conversations-and-entries.js';
import { EntriesByAge1764300000001 } from './migrations/1764300000001-entries-by-age.js';
import { MessageKeeping1764300000000 } from './migrations/1764300000000-message-keeping.js';
import { Rooms1764100500000 } from './migrations/1764100500000-rooms.js';

/** The schema of messaging, oldest first. Merged migrations never change. */
export const migrations = [
  ConversationsAndEntries1764000000000,
  ContactReviews1764000000510,
  Rooms1764100500000,
  MessageKeeping1764300000000,
  EntriesByAge1764300000001,
];
