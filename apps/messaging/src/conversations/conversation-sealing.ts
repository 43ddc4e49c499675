import type { Conversation } from '@relais/contracts';
import type { DataKey, Envelope } from '@relais/crypto';
import type { ConversationId, OrganizationId } from '@relais/kernel';
import { openReadable } from '../entries/entry-sealing.js';
import type { ConversationView } from './conversation-store.js';

const place = (id: ConversationId) => ['conversation.title', id];

/** A title names people and things, so it is sealed like what is said. */
export const sealTitle = (key: DataKey, id: ConversationId, title: string): Buffer | null =>
  title === '' ? null : key.seal(place(id), title);

/** What cannot be opened has no title; everything else about it is there. */
export async function openConversations(
  envelope: Envelope,
  organizationId: OrganizationId,
  views: readonly ConversationView[],
): Promise<Conversation[]> {
  const opener = await envelope.opener(
    organizationId,
    views.flatMap(({ title }) => (title ? [title] : [])),
  );
  return views.map((view) => {
    const title = view.title && openReadable(opener, place(view.id), view.title, 'title');
    return toConversation(view, title?.toString('utf8') ?? '');
  });
}

function toConversation(view: ConversationView, title: string): Conversation {
  const { id, kind, head, isClosed, sharesHistory, messageTtlSeconds, members, createdAt } = view;
  const { role, delivered, read, unread, mentions, mutedUntil } = view;
  const my = {
    role,
    delivered,
    read,
    unread,
    mentions,
    ...(mutedUntil ? { mutedUntil: mutedUntil.toISOString() } : {}),
  };
  return {
    id,
    kind,
    title,
    head,
    closed: isClosed,
    sharesHistory,
    messageTtlSeconds,
    members,
    createdAt: createdAt.toISOString(),
    my,
  };
}
