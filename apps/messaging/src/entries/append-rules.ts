import { type AppendEntry, appendEntry } from '@relais/contracts';
import type { AppError, EntryId, UserId } from '@relais/kernel';
import type { Standing } from './entry-store.js';

/** Why this person may not write this here, or undefined when they may. */
export function refusalOf(command: AppendEntry, standing: Standing | null): AppError | undefined {
  if (!standing) return appendEntry.fail('conversation_not_found');
  if (standing.isClosed) return appendEntry.fail('conversation_closed');
  if (standing.role !== 'reader') return undefined;
  // Readers of a channel may answer with a reaction, and take it back. In a direct conversation they may not meet any more.
  return command.kind === 'reaction' && standing.kind !== 'direct' ? undefined : appendEntry.fail('may_not_write');
}

/** The entry that this one changes, if any. */
export const targetOf = (command: AppendEntry): EntryId | undefined =>
  command.kind === 'message' ? undefined : command.body.target;

/** Which others a message calls by name. Mentions that an edit adds are text: nobody is called twice. */
export const mentionsOf = (command: AppendEntry, senderId: UserId): readonly UserId[] =>
  command.kind === 'message' ? [...new Set(command.body.mentions)].filter((userId) => userId !== senderId) : [];

/** How long it stays: as long as asked for, but never longer than the conversation allows; 0 is for ever, in seconds. */
export function ttlOf(command: AppendEntry, standing: Standing): number {
  const asked = command.kind === 'message' ? (command.ttlSeconds ?? 0) : 0;
  if (command.kind !== 'message' && command.kind !== 'edit') return 0;
  const limit = standing.messageTtlSeconds;
  if (asked === 0 || limit === 0) return asked || limit;
  return Math.min(asked, limit);
}

/** Who is to be told by name, and whether everyone is. Only what is new to people is worth telling. */
export function audienceOf(
  command: AppendEntry,
  standing: Standing,
): { notify: readonly UserId[]; notifyAll: boolean } {
  if (command.kind !== 'message') return { notify: [], notifyAll: false };
  const others = standing.directUserIds.filter((userId) => userId !== standing.userId);
  if (standing.kind === 'direct') return { notify: others, notifyAll: false };
  return { notify: mentionsOf(command, standing.userId), notifyAll: true };
}
