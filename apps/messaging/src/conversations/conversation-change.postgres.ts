import type { ConversationKind, MemberRole } from '@relais/contracts';
import type { ConversationId, OrganizationId, UserId } from '@relais/kernel';
import type { EntityManager } from 'typeorm';
import type { Change, ChangeRequest, Current, NewMember } from './conversation-store.js';

export interface LockedConversation {
  id: ConversationId;
  kind: ConversationKind;
  lastSeq: number;
  rulesVersion: number;
  members: number;
  isClosed: boolean;
  directUserIds: readonly UserId[];
  /** The database's time of this transaction, to the millisecond. */
  now: Date;
}

/** Until the transaction ends nobody else appends to this conversation or changes it. */
export async function lockConversation(
  tx: EntityManager,
  organizationId: OrganizationId,
  id: ConversationId,
): Promise<LockedConversation | null> {
  const [row] = (await tx.query(
    `SELECT c.kind, c.last_seq, c.rules_version, c.member_count, c.closed_at IS NOT NULL AS is_closed, c.direct_low, c.direct_high,
            date_trunc('milliseconds', now()) AS now
     FROM conversation c WHERE c.organization_id = $1 AND c.id = $2 FOR UPDATE`,
    [organizationId, id],
  )) as {
    kind: ConversationKind;
    last_seq: string;
    rules_version: number;
    member_count: number;
    is_closed: boolean;
    direct_low: UserId | null;
    direct_high: UserId | null;
    now: Date;
  }[];
  if (!row) return null;
  const directUserIds = row.direct_low && row.direct_high ? [row.direct_low, row.direct_high] : [];
  const { kind, now, member_count: members, is_closed: isClosed, rules_version: rulesVersion } = row;
  return { id, kind, lastSeq: Number(row.last_seq), rulesVersion, members, isClosed, directUserIds, now };
}

export async function readCurrent(
  tx: EntityManager,
  organizationId: OrganizationId,
  locked: LockedConversation,
  { actorId, userIds }: Pick<ChangeRequest, 'actorId' | 'userIds'>,
): Promise<Current> {
  const rows: { user_id: UserId; role: MemberRole }[] = await tx.query(
    `SELECT m.user_id, m.role FROM member m
     WHERE m.organization_id = $1 AND m.conversation_id = $2 AND m.left_seq IS NULL AND m.user_id = ANY($3::uuid[])`,
    [organizationId, locked.id, [...userIds, actorId]],
  );
  const [leading] = (await tx.query(
    `SELECT count(*) FILTER (WHERE m.role = 'moderator')::int AS moderators,
            (array_agg(m.user_id ORDER BY m.role <> 'writer', m.joined_seq, m.user_id) FILTER (WHERE m.user_id <> ALL($3::uuid[])))[1] AS heir
     FROM member m WHERE m.organization_id = $1 AND m.conversation_id = $2 AND m.left_seq IS NULL`,
    [organizationId, locked.id, userIds],
  )) as [{ moderators: number; heir: UserId | null }];
  const roles = new Map(rows.map((row) => [row.user_id, row.role]));
  const { kind, isClosed, members } = locked;
  return { kind, isClosed, members, actorRole: roles.get(actorId) ?? null, roles, ...leading };
}

/** The effects of one change; its line in the log is written by the caller. */
export async function applyChange(
  tx: EntityManager,
  organizationId: OrganizationId,
  conversationId: ConversationId,
  change: Change,
  seq: number,
): Promise<void> {
  switch (change.kind) {
    case 'membership':
      if (change.add) await addMembers(tx, organizationId, conversationId, change.add, seq);
      if (change.remove) await removeMembers(tx, organizationId, conversationId, change.remove, seq);
      if (change.roles) await changeRoles(tx, organizationId, conversationId, change.roles);
      return;
    case 'settings':
      await tx.query(
        `UPDATE conversation SET title = coalesce($3, title), message_ttl_seconds = coalesce($4, message_ttl_seconds),
                shares_history = coalesce($5, shares_history) WHERE organization_id = $1 AND id = $2`,
        [
          organizationId,
          conversationId,
          change.title ?? null,
          change.body.messageTtlSeconds ?? null,
          change.body.sharesHistory ?? null,
        ],
      );
      return;
    case 'closed':
      await tx.query('UPDATE conversation SET closed_at = now() WHERE organization_id = $1 AND id = $2', [
        organizationId,
        conversationId,
      ]);
      return;
    case 'alarm':
  }
}

/** Whoever joins has nothing unread: the past, if they may see it, is history. */
async function addMembers(
  tx: EntityManager,
  organizationId: OrganizationId,
  conversationId: ConversationId,
  members: readonly NewMember[],
  seq: number,
) {
  const userIds = members.map((member) => member.userId);
  await tx.query(
    `INSERT INTO member (organization_id, conversation_id, user_id, joined_seq, role)
     SELECT $1, $2, n.user_id, $3, n.role FROM unnest($4::uuid[], $5::text[]) AS n(user_id, role)`,
    [organizationId, conversationId, seq, userIds, members.map((member) => member.role)],
  );
  await tx.query(
    `INSERT INTO mark (organization_id, conversation_id, user_id, delivered_seq, read_seq)
     SELECT $1, $2, n.user_id, $3, $3 FROM unnest($4::uuid[]) AS n(user_id)
     ON CONFLICT (organization_id, conversation_id, user_id) DO UPDATE SET delivered_seq = $3, read_seq = $3, muted_until = NULL`,
    [organizationId, conversationId, seq, userIds],
  );
  await count(tx, organizationId, conversationId, members.length);
}

/** They see the line that says they are out, and nothing after it. */
async function removeMembers(
  tx: EntityManager,
  organizationId: OrganizationId,
  conversationId: ConversationId,
  userIds: readonly UserId[],
  seq: number,
) {
  await tx.query(
    `UPDATE member SET left_seq = $4
     WHERE organization_id = $1 AND conversation_id = $2 AND user_id = ANY($3::uuid[]) AND left_seq IS NULL`,
    [organizationId, conversationId, userIds, seq],
  );
  await count(tx, organizationId, conversationId, -userIds.length);
}

const count = (tx: EntityManager, organizationId: OrganizationId, conversationId: ConversationId, difference: number) =>
  tx.query('UPDATE conversation SET member_count = member_count + $3 WHERE organization_id = $1 AND id = $2', [
    organizationId,
    conversationId,
    difference,
  ]);

async function changeRoles(
  tx: EntityManager,
  organizationId: OrganizationId,
  conversationId: ConversationId,
  roles: readonly NewMember[],
) {
  await tx.query(
    `UPDATE member m SET role = n.role FROM unnest($3::uuid[], $4::text[]) AS n(user_id, role)
     WHERE m.organization_id = $1 AND m.conversation_id = $2 AND m.user_id = n.user_id AND m.left_seq IS NULL`,
    [organizationId, conversationId, roles.map((one) => one.userId), roles.map((one) => one.role)],
  );
}
