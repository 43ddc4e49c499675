import { createConversation, type ConversationKind, type MemberRole } from '@relais/contracts';
import { withOrganization } from '@relais/database';
import type { ConversationId, EventId, OrganizationId, UserId } from '@relais/kernel';
import type { DataSource, EntityManager } from 'typeorm';
import { ContactStore, type Guard, type Look, type ReviewScope } from './contact-store.js';

interface LookRow {
  id: ConversationId;
  kind: ConversationKind;
  is_closed: boolean;
  rules_version: number;
  user_ids: UserId[];
  roles: MemberRole[];
}

export class PostgresContactStore extends ContactStore {
  constructor(private readonly db: DataSource) {
    super();
  }

  version(organizationId: OrganizationId): Promise<number> {
    return withOrganization(this.db, organizationId, async (tx) => {
      const [row] = (await tx.query('SELECT v.version FROM contact_version v WHERE v.organization_id = $1', [
        organizationId,
      ])) as { version: string }[];
      return Number(row?.version ?? 0);
    });
  }

  async look(organizationId: OrganizationId, id: ConversationId): Promise<Look | null> {
    return (await this.looks(organizationId, [id]))[0] ?? null;
  }

  looks(organizationId: OrganizationId, ids: readonly ConversationId[]): Promise<Look[]> {
    return withOrganization(this.db, organizationId, async (tx) => {
      const rows: LookRow[] = await tx.query(
        `SELECT c.id, c.kind, c.closed_at IS NOT NULL AS is_closed, c.rules_version,
                array_agg(m.user_id ORDER BY m.role <> 'moderator', m.joined_seq, m.user_id)::text[] AS user_ids,
                array_agg(m.role ORDER BY m.role <> 'moderator', m.joined_seq, m.user_id) AS roles
         FROM conversation c
         JOIN member m ON m.organization_id = c.organization_id AND m.conversation_id = c.id AND m.left_seq IS NULL
         WHERE c.organization_id = $1 AND c.id = ANY($2::uuid[])
         GROUP BY c.organization_id, c.id ORDER BY c.id`,
        [organizationId, ids],
      );
      return rows.map(toLook);
    });
  }

  begin(organizationId: OrganizationId, eventId: EventId): Promise<ConversationId | null> {
    return withOrganization(this.db, organizationId, async (tx) => {
      const begun: unknown[] = await tx.query(
        'INSERT INTO contact_review (organization_id, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING event_id',
        [organizationId, eventId],
      );
      if (begun.length > 0)
        await tx.query(
          `INSERT INTO contact_version (organization_id, version) VALUES ($1, 1)
           ON CONFLICT (organization_id) DO UPDATE SET version = contact_version.version + 1`,
          [organizationId],
        );
      const [row] = (await tx.query(
        'SELECT r.reviewed_to FROM contact_review r WHERE r.organization_id = $1 AND r.event_id = $2',
        [organizationId, eventId],
      )) as { reviewed_to: ConversationId | null }[];
      return row?.reviewed_to ?? null;
    });
  }

  next(organizationId: OrganizationId, scope: ReviewScope, after: ConversationId | null, limit: number) {
    const isOfPeople = typeof scope === 'object';
    return withOrganization(this.db, organizationId, (tx): Promise<{ id: ConversationId; members: number }[]> =>
      tx.query(
        `SELECT c.id, c.member_count AS members FROM conversation c
         WHERE c.organization_id = $1 AND ($2::uuid IS NULL OR c.id > $2) AND c.closed_at IS NULL AND NOT c.lifts_barriers
           AND ($3::uuid[] IS NULL OR c.id IN (SELECT m.conversation_id FROM member m
             WHERE m.organization_id = $1 AND m.user_id = ANY($3) AND m.left_seq IS NULL))
           AND (NOT $4 OR (c.kind = 'direct' AND EXISTS (SELECT FROM member m WHERE m.organization_id = $1
             AND m.conversation_id = c.id AND m.left_seq IS NULL AND m.role = 'reader')))
         ORDER BY c.id LIMIT $5`,
        [organizationId, after, isOfPeople ? scope : null, scope === 'muted', limit],
      ),
    );
  }

  advance(organizationId: OrganizationId, eventId: EventId, to: ConversationId): Promise<void> {
    return withOrganization(this.db, organizationId, async (tx) => {
      await tx.query('UPDATE contact_review SET reviewed_to = $3 WHERE organization_id = $1 AND event_id = $2', [
        ...[organizationId, eventId, to],
      ]);
    });
  }

  finish(organizationId: OrganizationId, eventId: EventId): Promise<void> {
    return withOrganization(this.db, organizationId, async (tx) => {
      await tx.query('DELETE FROM contact_review WHERE organization_id = $1 AND event_id = $2', [
        organizationId,
        eventId,
      ]);
    });
  }
}

/**
 * Within the transaction of a change, with the conversation locked: what it was decided from is still so, and stays so until
 * the commit.
 *
 * @throws AppError `conversation_busy` (kind `unavailable`): look again
 */
export async function assertHolds(
  tx: EntityManager,
  organizationId: OrganizationId,
  guard: Guard,
  rulesVersion: number,
): Promise<void> {
  if (guard.rulesVersion !== undefined && guard.rulesVersion !== rulesVersion)
    throw createConversation.fail('conversation_busy');
  await tx.query('INSERT INTO contact_version (organization_id, version) VALUES ($1, 0) ON CONFLICT DO NOTHING', [
    organizationId,
  ]);
  const [row] = (await tx.query('SELECT v.version FROM contact_version v WHERE v.organization_id = $1 FOR SHARE', [
    organizationId,
  ])) as { version: string }[];
  if (Number(row?.version) !== guard.contactVersion) throw createConversation.fail('conversation_busy');
}

const toLook = ({ id, kind, is_closed, rules_version, user_ids, roles }: LookRow): Look => ({
  ...{ id, kind, isClosed: is_closed, rulesVersion: rules_version },
  members: user_ids.map((userId, index) => ({ userId, role: roles[index] as MemberRole })),
});
