import { migrate, openDatabase, withOrganization } from '@relais/database';
import type { ConversationId, OrganizationId, UserId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { type FreshDatabase, freshDatabase } from '@relais/testing';
import type { DataSource } from 'typeorm';
import { migrations } from '../src/database/migrations.js';

export interface MessagingDatabase {
  fresh: FreshDatabase;
  /** Connected as the service is: neither owner nor superuser. */
  db: DataSource;
  close(): Promise<void>;
}

/** A database of its own for one test file, with the schema of messaging. */
export async function messagingDatabase(poolSize = 10): Promise<MessagingDatabase> {
  const fresh = await freshDatabase();
  await migrate(fresh.ownerUrl, migrations, silentLog);
  const db = await connect(fresh.appUrl, poolSize);
  return {
    fresh,
    db,
    close: async () => {
      await db.destroy();
      await fresh.drop();
    },
  };
}

export const connect = (url: string, poolSize: number): Promise<DataSource> =>
  openDatabase({ url, applicationName: 'test', poolSize, statementTimeoutMs: 5_000, log: silentLog });

export interface PutMember {
  userId: UserId;
  role?: string;
  joinedSeq: number;
  leftSeq?: number;
}

/** Writes a group without a log, as a test wishes it. */
export function putConversation(
  db: DataSource,
  organizationId: OrganizationId,
  id: ConversationId,
  { members, sharesHistory = false }: { members: readonly PutMember[]; sharesHistory?: boolean },
): Promise<void> {
  return withOrganization(db, organizationId, async (tx) => {
    await tx.query(
      `INSERT INTO conversation (organization_id, id, kind, shares_history, created_by, member_count) VALUES ($1, $2, 'group', $3, $4, $5)`,
      [organizationId, id, sharesHistory, members[0]?.userId, members.length],
    );
    for (const { userId, role = 'writer', joinedSeq, leftSeq = null } of members)
      await tx.query(
        `INSERT INTO member (organization_id, conversation_id, user_id, role, joined_seq, left_seq) VALUES ($1, $2, $3, $4, $5, $6)`,
        [organizationId, id, userId, role, joinedSeq, leftSeq],
      );
  });
}
