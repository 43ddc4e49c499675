import type { MemberRole } from '@relais/contracts';
import { withOrganization } from '@relais/database';
import type { ConversationId, OrganizationId, UserId } from '@relais/kernel';
import type { DataSource } from 'typeorm';
import { type MemberRecord, MemberStore } from './member-store.js';

interface Row {
  user_id: UserId;
  role: MemberRole;
  joined_at: Date;
  delivered_seq: string;
  read_seq: string;
}

export class PostgresMemberStore extends MemberStore {
  constructor(private readonly db: DataSource) {
    super();
  }

  list(
    organizationId: OrganizationId,
    askerId: UserId,
    conversationId: ConversationId,
    { after, limit }: { after: string; limit: number },
  ) {
    return withOrganization(this.db, organizationId, async (tx): Promise<MemberRecord[] | null> => {
      const asker: unknown[] = await tx.query(
        'SELECT 1 FROM member m WHERE m.organization_id = $1 AND m.conversation_id = $2 AND m.user_id = $3 AND m.left_seq IS NULL',
        [organizationId, conversationId, askerId],
      );
      if (asker.length === 0) return null;
      const rows: Row[] = await tx.query(
        `SELECT m.user_id, m.role, m.joined_at, coalesce(k.delivered_seq, 0) AS delivered_seq, coalesce(k.read_seq, 0) AS read_seq
         FROM member m
         LEFT JOIN mark k ON k.organization_id = $1 AND k.conversation_id = m.conversation_id AND k.user_id = m.user_id
         WHERE m.organization_id = $1 AND m.conversation_id = $2 AND m.left_seq IS NULL AND ($3::uuid IS NULL OR m.user_id > $3::uuid)
         ORDER BY m.user_id LIMIT $4`,
        [organizationId, conversationId, after || null, limit],
      );
      return rows.map((row) => ({
        userId: row.user_id,
        role: row.role,
        joinedAt: row.joined_at,
        delivered: Number(row.delivered_seq),
        read: Number(row.read_seq),
      }));
    });
  }

  everIn(organizationId: OrganizationId, conversationId: ConversationId, userIds: readonly UserId[]) {
    return withOrganization(this.db, organizationId, async (tx): Promise<Set<UserId>> => {
      const rows: Pick<Row, 'user_id'>[] = await tx.query(
        `SELECT DISTINCT m.user_id FROM member m
         WHERE m.organization_id = $1 AND m.conversation_id = $2 AND m.user_id = ANY($3::uuid[])`,
        [organizationId, conversationId, userIds],
      );
      return new Set(rows.map((row) => row.user_id));
    });
  }

  conversationsOf(organizationId: OrganizationId, userId: UserId): Promise<ConversationId[]> {
    return withOrganization(this.db, organizationId, async (tx) => {
      const rows: { conversation_id: ConversationId }[] = await tx.query(
        'SELECT m.conversation_id FROM member m WHERE m.organization_id = $1 AND m.user_id = $2 AND m.left_seq IS NULL ORDER BY 1',
        [organizationId, userId],
      );
      return rows.map((row) => row.conversation_id);
    });
  }
}
