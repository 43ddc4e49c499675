import type { ConversationKind, EntryKind, MemberRole } from '@relais/contracts';
import { withOrganization } from '@relais/database';
import type { ConversationId, DeviceId, EntryId, OrganizationId, UserId } from '@relais/kernel';
import type { DataSource } from 'typeorm';
import { ENDS_AT } from '../keeping/kept.postgres.js';
import { commitDrafts, isKnownEntry, Undo } from './entry-commit.postgres.js';
import {
  type CommitResult,
  type Draft,
  EntryStore,
  type Standing,
  type StoredEntry,
  type Window,
} from './entry-store.js';

interface EntryRow {
  conversation_id: ConversationId;
  seq: string;
  id: EntryId;
  kind: EntryKind;
  sender_id: UserId;
  sender_device_id: DeviceId;
  recorded_at: Date;
  expires_at: Date | null;
  body: Buffer | null;
}

interface StandingRow {
  at: string;
  kind: ConversationKind;
  role: MemberRole;
  rules_version: number;
  is_closed: boolean;
  message_ttl_seconds: number;
  direct_low: UserId | null;
  direct_high: UserId | null;
}

const PLACE = 'e.conversation_id, e.seq, e.id, e.kind, e.sender_id, e.sender_device_id, e.recorded_at';
const COLUMNS = `${PLACE}, e.body, ${ENDS_AT} AS expires_at`;

/** Periods of membership decide what may be seen; `c` is the conversation, `e` the entry, $2 the person. */
const VISIBLE = `(c.shares_history OR EXISTS (
  SELECT 1 FROM member p
  WHERE p.organization_id = $1 AND p.conversation_id = e.conversation_id AND p.user_id = $2
    AND e.seq >= p.joined_seq AND (p.left_seq IS NULL OR e.seq <= p.left_seq)))`;

/** Nothing before the first time they joined is even looked at. */
const FIRST = `CASE WHEN c.shares_history THEN 1 ELSE (
  SELECT min(f.joined_seq) FROM member f
  WHERE f.organization_id = $1 AND f.conversation_id = c.id AND f.user_id = $2) END`;

export class PostgresEntryStore extends EntryStore {
  constructor(
    private readonly db: DataSource,
    private readonly commitTimeoutMs: number,
  ) {
    super();
  }

  standings(organizationId: OrganizationId, pairs: readonly { conversationId: ConversationId; userId: UserId }[]) {
    return withOrganization(this.db, organizationId, async (tx) => {
      const rows: StandingRow[] = await tx.query(
        `SELECT w.at, c.kind, m.role, c.rules_version, c.closed_at IS NOT NULL AS is_closed, c.message_ttl_seconds, c.direct_low, c.direct_high
         FROM unnest($2::uuid[], $3::uuid[]) WITH ORDINALITY AS w(conversation_id, user_id, at)
         JOIN conversation c ON c.organization_id = $1 AND c.id = w.conversation_id
         JOIN member m ON m.organization_id = $1 AND m.conversation_id = c.id AND m.user_id = w.user_id AND m.left_seq IS NULL`,
        [organizationId, pairs.map((pair) => pair.conversationId), pairs.map((pair) => pair.userId)],
      );
      const found = new Map(rows.map((row) => [Number(row.at) - 1, row]));
      return pairs.map((pair, index) => toStanding(pair, found.get(index)));
    });
  }

  async commit(organizationId: OrganizationId, drafts: readonly Draft[]): Promise<CommitResult> {
    const { commitTimeoutMs } = this;
    try {
      return await withOrganization(this.db, organizationId, (tx) => commitDrafts(tx, organizationId, drafts), {
        commitTimeoutMs,
      });
    } catch (error) {
      if (error instanceof Undo) return error.result;
      if (isKnownEntry(error)) return { outcome: 'known' };
      throw error;
    }
  }

  find(organizationId: OrganizationId, ids: readonly { conversationId: ConversationId; id: EntryId }[]) {
    return this.entries(
      organizationId,
      `SELECT ${PLACE}, ends.at AS expires_at, CASE WHEN ends.at <= now() THEN NULL ELSE e.body END AS body
       FROM unnest($2::uuid[], $3::uuid[]) AS w(conversation_id, id)
       JOIN entry e ON e.organization_id = $1 AND e.conversation_id = w.conversation_id AND e.id = w.id
       CROSS JOIN LATERAL (SELECT ${ENDS_AT} AS at) ends`,
      [ids.map((one) => one.conversationId), ids.map((one) => one.id)],
    );
  }

  headsOf(
    organizationId: OrganizationId,
    userId: UserId,
    { after, limit }: { after?: ConversationId | undefined; limit?: number } = {},
  ) {
    return withOrganization(this.db, organizationId, async (tx) => {
      const rows: { id: ConversationId; last_seq: string; kind: ConversationKind }[] = await tx.query(
        `SELECT c.id, c.last_seq, c.kind FROM member m
         JOIN conversation c ON c.organization_id = $1 AND c.id = m.conversation_id
         WHERE m.organization_id = $1 AND m.user_id = $2 AND m.left_seq IS NULL AND ($3::uuid IS NULL OR c.id > $3)
         ORDER BY c.id LIMIT $4`,
        [organizationId, userId, after ?? null, limit ?? null],
      );
      return rows.map((row) => ({
        conversationId: row.id,
        head: Number(row.last_seq),
        isDirect: row.kind === 'direct',
      }));
    });
  }

  heads(organizationId: OrganizationId, ids: readonly ConversationId[]) {
    return withOrganization(this.db, organizationId, async (tx) => {
      const rows: { id: ConversationId; last_seq: string }[] = await tx.query(
        'SELECT c.id, c.last_seq FROM conversation c WHERE c.organization_id = $1 AND c.id = ANY($2::uuid[])',
        [organizationId, ids],
      );
      return rows.map((row): [ConversationId, number] => [row.id, Number(row.last_seq)]);
    });
  }

  listAfter(organizationId: OrganizationId, userId: UserId, windows: readonly Window[], limit: number) {
    return this.entries(
      organizationId,
      `SELECT ${COLUMNS} FROM unnest($3::uuid[], $4::bigint[]) WITH ORDINALITY AS w(conversation_id, after, at)
       JOIN conversation c ON c.organization_id = $1 AND c.id = w.conversation_id
       JOIN member m ON m.organization_id = $1 AND m.conversation_id = c.id AND m.user_id = $2 AND m.left_seq IS NULL
       CROSS JOIN LATERAL (
         SELECT e.* FROM entry e
         WHERE e.organization_id = $1 AND e.conversation_id = c.id AND e.seq > w.after AND e.seq >= ${FIRST} AND ${VISIBLE}
         ORDER BY e.seq LIMIT $5) e
       ORDER BY w.at, e.seq`,
      [userId, windows.map((window) => window.conversationId), windows.map((window) => window.after), limit],
    );
  }

  listBefore(
    organizationId: OrganizationId,
    userId: UserId,
    conversationId: ConversationId,
    before: number,
    limit: number,
  ) {
    return this.entries(
      organizationId,
      `SELECT * FROM (
         SELECT ${COLUMNS} FROM conversation c
         JOIN member m ON m.organization_id = $1 AND m.conversation_id = c.id AND m.user_id = $2 AND m.left_seq IS NULL
         JOIN entry e ON e.organization_id = $1 AND e.conversation_id = c.id AND e.seq < $4 AND e.seq >= ${FIRST} AND ${VISIBLE}
         WHERE c.organization_id = $1 AND c.id = $3
         ORDER BY e.seq DESC LIMIT $5) page
       ORDER BY page.seq`,
      [userId, conversationId, before, limit],
    );
  }

  private entries(organizationId: OrganizationId, sql: string, values: unknown[]): Promise<StoredEntry[]> {
    return withOrganization(this.db, organizationId, async (tx) => {
      const rows: EntryRow[] = await tx.query(sql, [organizationId, ...values]);
      return rows.map(toStoredEntry);
    });
  }
}

const toStanding = (
  { conversationId, userId }: { conversationId: ConversationId; userId: UserId },
  row: StandingRow | undefined,
): Standing | null =>
  row
    ? {
        conversationId,
        userId,
        kind: row.kind,
        rulesVersion: row.rules_version,
        role: row.role,
        isClosed: row.is_closed,
        messageTtlSeconds: row.message_ttl_seconds,
        directUserIds: row.direct_low && row.direct_high ? [row.direct_low, row.direct_high] : [],
      }
    : null;

const toStoredEntry = (row: EntryRow): StoredEntry => ({
  conversationId: row.conversation_id,
  seq: Number(row.seq),
  id: row.id,
  kind: row.kind,
  senderId: row.sender_id,
  senderDeviceId: row.sender_device_id,
  recordedAt: row.recorded_at,
  expiresAt: row.expires_at ?? undefined,
  body: row.body,
});
