import type { ConversationKind, MemberRole } from '@relais/contracts';
import type { ConversationId, OrganizationId, UserId } from '@relais/kernel';
import type { EntityManager } from 'typeorm';
import { KEEPING } from '../keeping/kept.postgres.js';
import type { ConversationView } from './conversation-store.js';

interface ViewRow {
  id: ConversationId;
  kind: ConversationKind;
  title: Buffer | null;
  last_seq: string;
  is_closed: boolean;
  shares_history: boolean;
  message_ttl_seconds: number;
  member_count: number;
  created_at: Date;
  role: MemberRole;
  delivered_seq: string;
  read_seq: string;
  muted_until: Date | null;
  unread: number;
  mentions: number;
}

/** Messages that can be read as far as their age goes. */
const IS_KEPT = `(e.expires_at IS NULL OR e.expires_at > now()) AND e.recorded_at > coalesce(now() - ${KEEPING}, '-infinity')`;

/** Unread is what others wrote after the mark and can still be read; counting stops at 1,000. */
export async function selectViews(
  tx: EntityManager,
  organizationId: OrganizationId,
  userId: UserId,
  which: { ids: readonly ConversationId[] } | { after: string; limit: number },
): Promise<ConversationView[]> {
  const [ids, after, limit] =
    'ids' in which ? [which.ids, null, which.ids.length] : [null, which.after || null, which.limit];
  const rows: ViewRow[] = await tx.query(
    `SELECT c.id, c.kind, c.title, c.last_seq, c.closed_at IS NOT NULL AS is_closed, c.shares_history, c.message_ttl_seconds, c.member_count,
            c.created_at, m.role, coalesce(k.delivered_seq, 0) AS delivered_seq, coalesce(k.read_seq, 0) AS read_seq, k.muted_until,
            unread.n AS unread, mentions.n AS mentions
     FROM member m
     JOIN conversation c ON c.organization_id = $1 AND c.id = m.conversation_id
     LEFT JOIN mark k ON k.organization_id = $1 AND k.conversation_id = c.id AND k.user_id = $2
     CROSS JOIN LATERAL (
       SELECT count(*)::int AS n FROM (
         SELECT 1 FROM entry e
         WHERE e.organization_id = $1 AND e.conversation_id = c.id AND e.seq > coalesce(k.read_seq, m.joined_seq) AND e.kind = 'message'
           AND e.sender_id <> $2 AND e.cleared_at IS NULL AND ${IS_KEPT}
         LIMIT 1000) counted) unread
     CROSS JOIN LATERAL (
       SELECT count(*)::int AS n FROM (
         SELECT 1 FROM mention t
         JOIN entry e ON e.organization_id = $1 AND e.conversation_id = c.id AND e.seq = t.seq
         WHERE t.organization_id = $1 AND t.user_id = $2 AND t.conversation_id = c.id AND t.seq > coalesce(k.read_seq, m.joined_seq)
           AND ${IS_KEPT}
         LIMIT 1000) called) mentions
     WHERE m.organization_id = $1 AND m.user_id = $2 AND m.left_seq IS NULL
       AND ($3::uuid[] IS NULL OR c.id = ANY($3::uuid[])) AND ($4::uuid IS NULL OR c.id > $4::uuid)
     ORDER BY c.id LIMIT $5`,
    [organizationId, userId, ids, after, limit],
  );
  return rows.map(toView);
}

const toView = (row: ViewRow): ConversationView => ({
  id: row.id,
  kind: row.kind,
  title: row.title,
  head: Number(row.last_seq),
  isClosed: row.is_closed,
  sharesHistory: row.shares_history,
  messageTtlSeconds: row.message_ttl_seconds,
  members: row.member_count,
  createdAt: row.created_at,
  role: row.role,
  delivered: Number(row.delivered_seq),
  read: Number(row.read_seq),
  unread: row.unread,
  mentions: row.mentions,
  mutedUntil: row.muted_until,
});
