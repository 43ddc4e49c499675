import { isDeepStrictEqual } from 'node:util';
import type { AppendEntry, Entry, EntryKind } from '@relais/contracts';
import { CONTENT_DESTROYED, type DataKey, type Envelope, type KeyScope, type Opener } from '@relais/crypto';
import { AppError, type ConversationId, type EntryId, type OrganizationId } from '@relais/kernel';
import { contentUnreadable } from '../metrics.js';
import type { StoredEntry } from './entry-store.js';

/** Where a body belongs: moved to another row it does not open. */
const place = (conversationId: ConversationId, id: EntryId) => ['entry.body', conversationId, id];

/** The scope whose key seals what stays as long as a conversation: its title, and the lines that nobody said. */
export const scopeOf = (organizationId: OrganizationId, conversationId: ConversationId): KeyScope => ({
  organizationId,
  kind: 'conversation',
  id: conversationId,
  retentionClass: 'default',
});

/** The kind of the scopes of what is said. */
export const SAID_SCOPE = 'message';

/** The scope whose key seals what is said in a conversation: it goes with that, and with nothing else. */
export const saidScopeOf = (
  organizationId: OrganizationId,
  conversationId: ConversationId,
  keyDays?: number,
): KeyScope => ({ organizationId, kind: SAID_SCOPE, id: conversationId, retentionClass: 'default', keyDays });

/** All keys at once where that works; one by one where it does not, so that only those fail whose key is broken. */
export async function keysFor(
  envelope: Envelope,
  scopes: readonly KeyScope[],
): Promise<PromiseSettledResult<DataKey>[]> {
  try {
    const keys = await envelope.keysFor(scopes);
    return keys.map((value) => ({ status: 'fulfilled', value }));
  } catch {
    return Promise.allSettled(scopes.map((scope) => envelope.keyFor(scope)));
  }
}

export const sealBody = (key: DataKey, conversationId: ConversationId, id: EntryId, body: unknown): Buffer =>
  key.seal(place(conversationId, id), JSON.stringify(body));

/** Lines that keep their place when their content is gone; the others mean nothing without it. */
const MAY_BE_EMPTY: ReadonlySet<EntryKind> = new Set(['message', 'edit']);

/**
 * Opens stored entries as the API shows them. Expired, deleted, shredded or unreadable content of messages and edits is
 * null; other lines without content are left out, as those are that somebody may not see. One bad row hides no other.
 */
export async function openEntries(
  envelope: Envelope,
  organizationId: OrganizationId,
  stored: readonly StoredEntry[],
  now: Date,
): Promise<Entry[]> {
  const sealed = stored.flatMap(({ body }) => (body ? [body] : []));
  const opener = await envelope.opener(organizationId, sealed);
  return stored.flatMap((one) => {
    const body = isExpired(one, now) ? null : openBody(opener, one);
    return body === null && !MAY_BE_EMPTY.has(one.kind) ? [] : [toEntry(one, body)];
  });
}

const isExpired = ({ expiresAt }: StoredEntry, now: Date): boolean => expiresAt !== undefined && expiresAt <= now;

/** Null when its key was destroyed, or when it is not what was sealed for this place. */
export function openReadable(
  opener: Opener,
  where: readonly string[],
  sealed: Buffer,
  what: 'body' | 'title',
): Buffer | null {
  try {
    const opened = opener.open(where, sealed);
    return opened === CONTENT_DESTROYED ? null : opened;
  } catch (error) {
    if (AppError.from(error).code !== 'decrypt_failed') throw error;
    contentUnreadable(what);
    return null;
  }
}

function openBody(opener: Opener, { conversationId, id, body }: StoredEntry): unknown {
  const opened = body && openReadable(opener, place(conversationId, id), body, 'body');
  return opened && (JSON.parse(opened.toString('utf8')) as unknown);
}

/** The API's shape of an entry. What is stored was valid when it was written, so only rows from disk are checked again. */
export function toEntry(stored: Omit<StoredEntry, 'body'>, body: unknown): Entry {
  const { conversationId, seq, id, kind, senderId, recordedAt, expiresAt } = stored;
  const shown = { conversationId, seq, id, senderId, recordedAt: recordedAt.toISOString(), kind, body };
  return (expiresAt ? { ...shown, expiresAt: expiresAt.toISOString() } : shown) as Entry;
}

/** Whether a command repeats what is stored. Content that is gone cannot be compared and counts as the same. */
export async function isSame(
  envelope: Envelope,
  organizationId: OrganizationId,
  stored: StoredEntry,
  command: AppendEntry,
): Promise<boolean> {
  if (stored.kind !== command.kind) return false;
  if (!stored.body) return true;
  const opener = await envelope.opener(organizationId, [stored.body]);
  const body = openBody(opener, stored);
  return body === null || isDeepStrictEqual(body, JSON.parse(JSON.stringify(command.body)));
}
