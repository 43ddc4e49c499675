import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { CLEARED, KEEPING, KEPT } from './kept.postgres.js';
import { GRACE_MS } from './said.js';

export interface Keeping {
  keepDays: number | null;
  keyDays: number | null;
}

export interface KeepingRow {
  keep_days: number | null;
  key_days: number | null;
  shortened_at: Date;
  updated_at: Date;
  updated_by: UserId;
}

const SELECT = `SELECT k.keep_days, k.key_days, k.shortened_at, k.updated_at, k.updated_by
  FROM message_keeping k WHERE k.organization_id = $1`;

export const findKeeping = (tx: Tx, organizationId: OrganizationId): Promise<KeepingRow | null> =>
  row(tx, SELECT, [organizationId]);

/** The same; who wants to change it, too, waits until this transaction ends. */
export const lockKeeping = (tx: Tx, organizationId: OrganizationId): Promise<KeepingRow | null> =>
  row(tx, `${SELECT} FOR UPDATE`, [organizationId]);

/** Remembers, besides, when a period was said that is shorter than the one before. */
export async function writeKeeping(
  tx: Tx,
  organizationId: OrganizationId,
  { keepDays, keyDays }: Keeping,
  by: UserId,
): Promise<void> {
  await rows(
    tx,
    `INSERT INTO message_keeping AS k (organization_id, keep_days, key_days, shortened_at, updated_at, updated_by)
     VALUES ($1, $2, $3, now(), now(), $4)
     ON CONFLICT (organization_id) DO UPDATE SET
       keep_days = excluded.keep_days, key_days = excluded.key_days,
       shortened_at = CASE WHEN k.keep_days <= excluded.keep_days THEN k.shortened_at ELSE now() END,
       updated_at = now(), updated_by = excluded.updated_by`,
    [organizationId, keepDays, keyDays, by],
  );
}

/** The messages that can be read now and are older than that; counting stops after `limit`. */
export async function countOlder(
  tx: Tx,
  organizationId: OrganizationId,
  keepDays: number,
  limit: number,
): Promise<{ messages: number; conversations: number }> {
  const counted = await row<{ messages: number; conversations: number }>(
    tx,
    `SELECT count(*)::int AS messages, count(DISTINCT older.conversation_id)::int AS conversations FROM (
       SELECT e.conversation_id FROM entry e
       WHERE e.organization_id = $1 AND ${KEPT} AND e.kind = 'message'
         AND e.recorded_at <= now() - make_interval(hours => 24 * $2::int)
         AND e.recorded_at > coalesce(now() - ${KEEPING}, '-infinity')
         AND (e.expires_at IS NULL OR e.expires_at > now())
       ORDER BY e.recorded_at LIMIT $3) older`,
    [organizationId, keepDays, limit],
  );
  return counted ?? { messages: 0, conversations: 0 };
}

/**
 * Clears what is over because of how long the organization keeps it, the oldest first, and what changes it; at most `limit`
 * entries besides those. Waits for nobody: what somebody else has at hand is left for the next time.
 *
 * @returns how many were found that are over; fewer than `limit` when there are no more
 */
export async function clearOver(
  tx: Tx,
  organizationId: OrganizationId,
  limit: number,
): Promise<{ found: number; cleared: number }> {
  const counted = await row<{ found: number; cleared: number }>(
    tx,
    `WITH due AS MATERIALIZED (
       SELECT e.conversation_id, e.seq, e.id FROM entry e
       WHERE e.organization_id = $1 AND ${KEPT} AND e.recorded_at <= now() - (
         SELECT make_interval(hours => 24 * k.keep_days) FROM message_keeping k
         WHERE k.organization_id = $1 AND k.shortened_at <= now() - make_interval(secs => $3))
       ORDER BY e.recorded_at LIMIT $2 FOR UPDATE SKIP LOCKED),
     changing AS MATERIALIZED (
       SELECT e.conversation_id, e.seq FROM due d
       JOIN entry e ON e.organization_id = $1 AND e.conversation_id = d.conversation_id AND e.target_id = d.id
       WHERE ${KEPT} FOR UPDATE OF e SKIP LOCKED),
     over AS (SELECT d.conversation_id, d.seq FROM due d UNION SELECT c.conversation_id, c.seq FROM changing c),
     ${CLEARED}
     SELECT (SELECT count(*)::int FROM due) AS found, (SELECT count(*)::int FROM cleared) AS cleared`,
    [organizationId, limit, GRACE_MS / 1_000],
  );
  return counted ?? { found: 0, cleared: 0 };
}

/**
 * The last day by which keys had ended that sealed nothing but what is over and off the disks, `YYYY-MM-DD`; null when there is
 * none that was not dealt with yet. A key may seal what is recorded a little after its end; a day more is more than enough.
 */
export async function dayOfSpentKeys(tx: Tx, organizationId: OrganizationId): Promise<string | null> {
  const found = await row<{ day: string }>(
    tx,
    `SELECT spent.day::text AS day FROM (
       SELECT k.keys_ended_by, ((least(
           now() - ${KEEPING}, (SELECT min(e.recorded_at) FROM entry e WHERE e.organization_id = $1 AND ${KEPT})
         ) - interval '24 hours') AT TIME ZONE 'UTC')::date AS day
       FROM message_keeping k
       WHERE k.organization_id = $1 AND k.keep_days IS NOT NULL AND k.shortened_at <= now() - make_interval(secs => $2)) spent
     WHERE spent.keys_ended_by IS NULL OR spent.keys_ended_by < spent.day`,
    [organizationId, GRACE_MS / 1_000],
  );
  return found?.day ?? null;
}

/** Whoever calls this first for a day deals with its keys. */
export async function claimSpentKeys(tx: Tx, organizationId: OrganizationId, day: string): Promise<boolean> {
  const claimed = await row(
    tx,
    `UPDATE message_keeping k SET keys_ended_by = $2
     WHERE k.organization_id = $1 AND (k.keys_ended_by IS NULL OR k.keys_ended_by < $2::date) RETURNING 1`,
    [organizationId, day],
  );
  return claimed !== null;
}

/** They are still there: they come to whoever looks next. */
export async function unclaimSpentKeys(tx: Tx, organizationId: OrganizationId, day: string): Promise<void> {
  await rows(
    tx,
    `UPDATE message_keeping k SET keys_ended_by = NULL WHERE k.organization_id = $1 AND k.keys_ended_by = $2::date`,
    [organizationId, day],
  );
}
