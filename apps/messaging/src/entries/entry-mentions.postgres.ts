import type { ConversationId, OrganizationId, UserId } from '@relais/kernel';
import type { EntityManager } from 'typeorm';
import type { Draft } from './entry-store.js';

const keyOf = (conversationId: ConversationId, userId: UserId): string => `${conversationId}/${userId}`;

/** Only members can be called by name; mentions of others stay text, and no event names them. */
export async function keepMembers(
  tx: EntityManager,
  organizationId: OrganizationId,
  drafts: readonly Draft[],
): Promise<readonly Draft[]> {
  const called = drafts.flatMap(({ conversationId, mentions, notify }) =>
    mentions.length > 0 ? [...mentions, ...notify].map((userId) => ({ conversationId, userId })) : [],
  );
  if (called.length === 0) return drafts;
  const rows: { conversation_id: ConversationId; user_id: UserId }[] = await tx.query(
    `SELECT m.conversation_id, m.user_id FROM unnest($2::uuid[], $3::uuid[]) AS w(conversation_id, user_id)
     JOIN member m ON m.organization_id = $1 AND m.conversation_id = w.conversation_id AND m.user_id = w.user_id AND m.left_seq IS NULL`,
    [organizationId, called.map((one) => one.conversationId), called.map((one) => one.userId)],
  );
  const members = new Set(rows.map((row) => keyOf(row.conversation_id, row.user_id)));
  return drafts.map((draft) => {
    if (draft.mentions.length === 0) return draft;
    const isMember = (userId: UserId) => members.has(keyOf(draft.conversationId, userId));
    return { ...draft, mentions: draft.mentions.filter(isMember), notify: draft.notify.filter(isMember) };
  });
}

/** `drafts` as `keepMembers` left them. */
export async function insertMentions(
  tx: EntityManager,
  organizationId: OrganizationId,
  drafts: readonly Draft[],
  seqs: readonly number[],
): Promise<void> {
  const rows = drafts.flatMap(({ conversationId, mentions }, index) =>
    mentions.map((userId) => ({ userId, conversationId, seq: seqs[index] })),
  );
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO mention (organization_id, user_id, conversation_id, seq)
     SELECT $1, w.user_id, w.conversation_id, w.seq
     FROM unnest($2::uuid[], $3::uuid[], $4::bigint[]) AS w(user_id, conversation_id, seq)`,
    [organizationId, rows.map((row) => row.userId), rows.map((row) => row.conversationId), rows.map((row) => row.seq)],
  );
}
