import type { Envelope } from '@relais/crypto';
import { Database, withOrganization } from '@relais/database';
import { type ConversationId, newId, type OrganizationId, type UserId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import type { DataSource } from 'typeorm';
import { ExpiryJob } from '../src/expiry/expiry-job.postgres.js';
import { writeKeeping } from '../src/keeping/keeping-rows.postgres.js';
import { SpentKeys } from '../src/keeping/spent-keys.js';

const SOMEBODY = newId<UserId>();

/** Says how long an organization keeps what is said, as if long ago, unless told that it is said now. */
export const keep = (
  db: DataSource,
  organizationId: OrganizationId,
  { keepDays, keyDays = null }: { keepDays: number | null; keyDays?: number | null },
  when: 'long ago' | 'now' = 'long ago',
): Promise<void> =>
  new Database(db).within(organizationId, async (tx) => {
    await writeKeeping(tx, organizationId, { keepDays, keyDays }, SOMEBODY);
    if (when === 'long ago')
      await tx.query('UPDATE message_keeping SET shortened_at = now() - $2::interval WHERE organization_id = $1', [
        ...[organizationId, '1 year'],
      ]);
  });

/** Makes entries of a conversation older: one of them, or all. */
export const age = (
  db: DataSource,
  organizationId: OrganizationId,
  conversationId: ConversationId,
  days: number,
  seq?: number,
): Promise<void> =>
  withOrganization(db, organizationId, async (tx) => {
    await tx.query(
      `UPDATE entry SET recorded_at = recorded_at - make_interval(hours => 24 * $3)
       WHERE organization_id = $1 AND conversation_id = $2 AND ($4::bigint IS NULL OR seq = $4)`,
      [organizationId, conversationId, days, seq ?? null],
    );
  });

/** The job of a replica, to be run by hand. Without an envelope there are no keys. */
export const expiryJob = (
  db: DataSource,
  envelope: Pick<Envelope, 'countEnded' | 'destroyEnded'> = { countEnded: async () => 0, destroyEnded: async () => 0 },
): ExpiryJob => new ExpiryJob(db, new SpentKeys(new Database(db), envelope), 60_000, silentLog);
