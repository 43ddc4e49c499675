import { isDeepStrictEqual } from 'node:util';
import { type AppendEntry, type Entry } from '@relais/contracts';
import { CONTENT_DESTROYED, type DataKey, type Envelope, type KeyScope, type Opener } from '@relais/crypto';
import type { ConversationId, EntryId, OrganizationId } from '@relais/kernel';
import type { StoredEntry } from './entry-store.js';

/** Where a body belongs: moved to another row it does not open. */
const place = (conversationId: ConversationId, id: EntryId) => ['entry.body', conversationId, id];

/** The scope whose key seals what is said in a conversation. */
export const scopeOf = (organizationId: OrganizationId, conversationId: ConversationId): KeyScope => ({
  organizationId,
  kind: 'conversation',
  id: conversationId,
  retentionClass: 'default',
});

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

/** Opens stored entries as the API shows them: expired, deleted or shredded content is null. */
export async function openEntries(
  envelope: Envelope,
  organizationId: OrganizationId,
  stored: readonly StoredEntry[],
  now: Date,
): Promise<Entry[]> {
  const sealed = stored.flatMap(({ body }) => (body ? [body] : []));
  const opener = await envelope.opener(organizationId, sealed);
  return stored.map((one) => toEntry(one, isExpired(one, now) ? null : openBody(opener, one)));
}

const isExpired = ({ expiresAt }: StoredEntry, now: Date): boolean => expiresAt !== undefined && expiresAt <= now;

function openBody(opener: Opener, { conversationId, id, body }: StoredEntry): unknown {
  if (!body) return null;
  const opened = opener.open(place(conversationId, id), body);
  return opened === CONTENT_DESTROYED ? null : (JSON.parse(opened.toString('utf8')) as unknown);
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
