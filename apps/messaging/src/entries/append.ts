import type { AppendEntry, Entry } from '@relais/contracts';
import type { ConversationId, DeviceId, EntryId, UserId } from '@relais/kernel';
import type { Standing } from './entry-store.js';

/** One person's wish to write, and how to tell them what came of it. */
export interface Append {
  command: AppendEntry;
  userId: UserId;
  deviceId: DeviceId;
  done(appended: Appended): void;
  failed(error: unknown): void;
}

export interface Appended {
  entry: Entry;
  standing: Standing;
  replayed: boolean;
}

/** An append of somebody who is in the conversation. */
export interface Asking {
  append: Append;
  standing: Standing;
}

/** What makes a command or an entry the same as another: ids are unique within their conversation. */
export const keyOf = ({ conversationId, id }: { conversationId: ConversationId; id: EntryId }): string =>
  `${conversationId}/${id}`;
