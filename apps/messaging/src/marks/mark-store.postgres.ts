import type { ConversationKind, ListListeners } from '@relais/contracts';
import { withOrganization } from '@relais/database';
import type { ConversationId, OrganizationId, UserId } from '@relais/kernel';
import type { DataSource } from 'typeorm';
import { type Listener, type Mark, MarkStore, type RisenMark } from './mark-store.js';

interface RisenRow {
  conversation_id: ConversationId;
  delivered_seq: string;
  read_seq: string;
  delivered_before: string;
  read_before: string;
  kind: ConversationKind;
  direct_low: UserId | null;
  direct_high: UserId | null;
}

export class PostgresMarkStore extends MarkStore {
  constructor(private readonly db: DataSource) {
    super();
  }

  advance(organizationId: OrganizationId, userId: UserId, marks: readonly Mark[]): Promise<RisenMark[]> {
    return withOrganization(this.db, organizationId, async (tx) => {
      const rows: RisenRow[] = await tx.query(
        `WITH asked AS (
           SELECT c.id, max(w.delivered) FILTER (WHERE w.delivered <= c.last_seq) AS delivered,
                  max(w.read) FILTER (WHERE w.read <= c.last_seq) AS read
           FROM unnest($3::uuid[], $4::bigint[], $5::bigint[]) AS w(id, delivered, read)
           JOIN conversation c ON c.organization_id = $1 AND c.id = w.id
           JOIN member m ON m.organization_id = $1 AND m.conversation_id = c.id AND m.user_id = $2 AND m.left_seq IS NULL
           GROUP BY c.id),
         risen AS (
           INSERT INTO mark AS k (organization_id, conversation_id, user_id, delivered_seq, read_seq)
           SELECT $1, a.id, $2, greatest(a.delivered, a.read), coalesce(a.read, 0)
           FROM asked a WHERE greatest(a.delivered, a.read) > 0
           ORDER BY a.id
           ON CONFLICT (organization_id, conversation_id, user_id) DO UPDATE
             SET delivered_seq = greatest(k.delivered_seq, excluded.delivered_seq), read_seq = greatest(k.read_seq, excluded.read_seq)
             WHERE k.delivered_seq < excluded.delivered_seq OR k.read_seq < excluded.read_seq
           RETURNING k.conversation_id, k.delivered_seq, k.read_seq)
         SELECT r.conversation_id, r.delivered_seq, r.read_seq, c.kind, c.direct_low, c.direct_high,
                coalesce(b.delivered_seq, 0) AS delivered_before, coalesce(b.read_seq, 0) AS read_before
         FROM risen r
         JOIN conversation c ON c.organization_id = $1 AND c.id = r.conversation_id
         LEFT JOIN mark b ON b.organization_id = $1 AND b.conversation_id = r.conversation_id AND b.user_id = $2`,
        [
          organizationId,
          userId,
          marks.map((mark) => mark.conversationId),
          marks.map((mark) => mark.delivered),
          marks.map((mark) => mark.read),
        ],
      );
      return rows.map(toRisen);
    });
  }

  listeners(
    organizationId: OrganizationId,
    { conversationId, entries, after }: ListListeners['conversations'][number],
    limit: number,
  ): Promise<Listener[]> {
    return withOrganization(this.db, organizationId, async (tx) => {
      const rows: { user_id: UserId; seq: string }[] = await tx.query(
        `SELECT m.user_id, max(e.seq) AS seq
         FROM jsonb_to_recordset($3::jsonb) AS e (seq bigint, "senderId" uuid, notify uuid[], "notifyAll" boolean)
         JOIN conversation c ON c.organization_id = $1 AND c.id = $2
         JOIN member m ON m.organization_id = $1 AND m.conversation_id = $2 AND m.left_seq IS NULL
           AND m.user_id <> e."senderId" AND m.joined_seq <= e.seq AND (e."notifyAll" OR m.user_id = ANY(e.notify))
         LEFT JOIN mark k ON k.organization_id = $1 AND k.conversation_id = $2 AND k.user_id = m.user_id
         WHERE ($4::uuid IS NULL OR m.user_id > $4::uuid) AND coalesce(k.delivered_seq, 0) < e.seq
           AND (k.muted_until IS NULL OR k.muted_until <= now() OR (c.kind <> 'direct' AND m.user_id = ANY(e.notify)))
         GROUP BY m.user_id ORDER BY m.user_id LIMIT $5`,
        [organizationId, conversationId, JSON.stringify(entries), after ?? null, limit],
      );
      return rows.map(({ user_id, seq }) => ({ userId: user_id, seq: Number(seq) }));
    });
  }

  mute(
    organizationId: OrganizationId,
    userId: UserId,
    conversationId: ConversationId,
    until: Date | null,
  ): Promise<boolean> {
    return withOrganization(this.db, organizationId, async (tx) => {
      const rows: unknown[] = await tx.query(
        `INSERT INTO mark AS k (organization_id, conversation_id, user_id, muted_until)
         SELECT $1, m.conversation_id, m.user_id, $4::timestamptz FROM member m
         WHERE m.organization_id = $1 AND m.conversation_id = $3 AND m.user_id = $2 AND m.left_seq IS NULL
         ON CONFLICT (organization_id, conversation_id, user_id) DO UPDATE SET muted_until = excluded.muted_until RETURNING 1`,
        [organizationId, userId, conversationId, until],
      );
      return rows.length > 0;
    });
  }
}

const toRisen = (row: RisenRow): RisenMark => ({
  conversationId: row.conversation_id,
  delivered: Number(row.delivered_seq),
  read: Number(row.read_seq),
  before: { delivered: Number(row.delivered_before), read: Number(row.read_before) },
  address: {
    conversationId: row.conversation_id,
    kind: row.kind,
    directUserIds: row.direct_low && row.direct_high ? [row.direct_low, row.direct_high] : [],
  },
});
