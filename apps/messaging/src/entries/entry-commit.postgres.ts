import { type EntriesAppended, entriesAppended } from '@relais/contracts';
import { prepared } from '@relais/database';
import { type ConversationId, type EntryId, type EventId, newId, type OrganizationId } from '@relais/kernel';
import type { EntityManager } from 'typeorm';
import type { CommitResult, Draft } from './entry-store.js';
import { type Target, targetProblems } from './targets.js';

/** Undoes the transaction and says why; never leaves this module's caller. */
export class Undo extends Error {
  constructor(readonly result: CommitResult) {
    super(result.outcome);
  }
}

interface Head {
  id: ConversationId;
  last_seq: string;
  rules_version: number;
  recorded_at: Date;
}

/**
 * Three statements between BEGIN and COMMIT, whatever the number of drafts: take the numbers under lock and compare the
 * rules' version, look at targets where there are any, insert entries and the event.
 *
 * @throws Undo with anything but `committed`
 */
export async function commitDrafts(
  tx: EntityManager,
  organizationId: OrganizationId,
  drafts: readonly Draft[],
): Promise<CommitResult> {
  const heads = await takeNumbers(tx, organizationId, drafts);
  const stale = drafts.filter((draft) => heads.get(draft.conversationId)?.rules_version !== draft.rulesVersion);
  if (stale.length > 0)
    throw new Undo({ outcome: 'stale', conversationIds: [...new Set(stale.map((draft) => draft.conversationId))] });
  await checkTargets(tx, organizationId, drafts);

  const seqs = number(drafts, heads);
  const recordedAt = (heads.values().next().value as Head).recorded_at;
  const inserted = await insert(tx, organizationId, drafts, seqs, recordedAt);
  if (inserted < drafts.length) throw new Undo({ outcome: 'known' });
  await insertMentions(tx, organizationId, drafts, seqs);
  await clearTargets(tx, organizationId, drafts, recordedAt);
  return { outcome: 'committed', recordedAt, seqs };
}

/** The lock on each conversation is taken in the order of ids, so that two commits cannot wait for each other. */
async function takeNumbers(
  tx: EntityManager,
  organizationId: OrganizationId,
  drafts: readonly Draft[],
): Promise<Map<ConversationId, Head>> {
  const counts = new Map<ConversationId, number>();
  for (const { conversationId } of drafts) counts.set(conversationId, (counts.get(conversationId) ?? 0) + 1);
  const rows = await prepared<Head>(
    tx,
    'entry-take-numbers',
    `WITH wanted AS (SELECT w.id, w.n FROM unnest($2::uuid[], $3::int[]) AS w(id, n)),
          locked AS MATERIALIZED (
            SELECT c.id FROM conversation c JOIN wanted w ON w.id = c.id
            WHERE c.organization_id = $1 ORDER BY c.id FOR NO KEY UPDATE OF c)
     UPDATE conversation c SET last_seq = c.last_seq + w.n
     FROM wanted w JOIN locked l ON l.id = w.id
     WHERE c.organization_id = $1 AND c.id = w.id
     RETURNING c.id, c.last_seq, c.rules_version, date_trunc('milliseconds', now()) AS recorded_at`,
    [organizationId, [...counts.keys()], [...counts.values()]],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

function number(drafts: readonly Draft[], heads: ReadonlyMap<ConversationId, Head>): number[] {
  const left = new Map<ConversationId, number>();
  return drafts
    .toReversed()
    .map(({ conversationId }) => {
      const seq = left.get(conversationId) ?? Number(heads.get(conversationId)?.last_seq);
      left.set(conversationId, seq - 1);
      return seq;
    })
    .toReversed();
}

async function checkTargets(
  tx: EntityManager,
  organizationId: OrganizationId,
  drafts: readonly Draft[],
): Promise<void> {
  const changing = drafts.filter((draft) => draft.targetId);
  if (changing.length === 0) return;
  const rows: Target[] = await tx.query(
    `SELECT e.conversation_id AS "conversationId", e.id, e.kind, e.sender_id AS "senderId", e.cleared_at IS NOT NULL AS "isCleared"
     FROM unnest($2::uuid[], $3::uuid[]) AS w(conversation_id, id)
     JOIN entry e ON e.organization_id = $1 AND e.conversation_id = w.conversation_id AND e.id = w.id`,
    [organizationId, changing.map((draft) => draft.conversationId), changing.map((draft) => draft.targetId)],
  );
  const problems = targetProblems(drafts, rows);
  if (problems.size > 0) throw new Undo({ outcome: 'refused', problems });
}

/** Entries and the one event of this commit; entries whose id is taken are left out, and the count tells. */
async function insert(
  tx: EntityManager,
  organizationId: OrganizationId,
  drafts: readonly Draft[],
  seqs: readonly number[],
  recordedAt: Date,
): Promise<number> {
  const event = eventOf(organizationId, drafts, seqs);
  const [row] = await prepared<{ inserted: number }>(
    tx,
    'entry-insert',
    `WITH inserted AS (
       INSERT INTO entry (organization_id, conversation_id, seq, id, kind, sender_id, sender_device_id, target_id, body, recorded_at, expires_at)
       SELECT $1, d.conversation_id, d.seq, d.id, d.kind, d.sender_id, d.sender_device_id, d.target_id, d.body, $2::timestamptz,
              CASE WHEN d.ttl > 0 THEN $2::timestamptz + d.ttl * interval '1 second' END
       FROM unnest($3::uuid[], $4::bigint[], $5::uuid[], $6::text[], $7::uuid[], $8::uuid[], $9::uuid[], $10::bytea[], $11::int[])
            AS d(conversation_id, seq, id, kind, sender_id, sender_device_id, target_id, body, ttl)
       ON CONFLICT DO NOTHING RETURNING 1),
     announced AS (INSERT INTO outbox (id, subject, data) VALUES ($12, $13, $14))
     SELECT count(*)::int AS inserted FROM inserted`,
    [
      organizationId,
      recordedAt,
      drafts.map((draft) => draft.conversationId),
      seqs,
      drafts.map((draft) => draft.id),
      drafts.map((draft) => draft.kind),
      drafts.map((draft) => draft.senderId),
      drafts.map((draft) => draft.senderDeviceId),
      drafts.map((draft) => draft.targetId ?? null),
      drafts.map((draft) => draft.body),
      drafts.map((draft) => draft.ttlSeconds),
      event.id,
      entriesAppended.subject,
      JSON.stringify(event),
    ],
  );
  return row?.inserted ?? 0;
}

const eventOf = (
  organizationId: OrganizationId,
  drafts: readonly Draft[],
  seqs: readonly number[],
): EntriesAppended => ({
  id: newId<EventId>(),
  organizationId,
  entries: drafts.map(({ conversationId, id, kind, senderId, notify, notifyAll }, index) => ({
    conversationId,
    seq: seqs[index] as number,
    id,
    kind,
    senderId,
    notify: [...notify],
    notifyAll,
  })),
});

/** Only members can be called by name; mentions of others stay text. */
async function insertMentions(
  tx: EntityManager,
  organizationId: OrganizationId,
  drafts: readonly Draft[],
  seqs: readonly number[],
): Promise<void> {
  const rows = drafts.flatMap(({ kind, conversationId, mentions }, index) =>
    kind === 'message' ? mentions.map((userId) => ({ userId, conversationId, seq: seqs[index] })) : [],
  );
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO mention (organization_id, user_id, conversation_id, seq)
     SELECT $1, m.user_id, m.conversation_id, w.seq
     FROM unnest($2::uuid[], $3::uuid[], $4::bigint[]) AS w(user_id, conversation_id, seq)
     JOIN member m ON m.organization_id = $1 AND m.conversation_id = w.conversation_id AND m.user_id = w.user_id AND m.left_seq IS NULL`,
    [organizationId, rows.map((row) => row.userId), rows.map((row) => row.conversationId), rows.map((row) => row.seq)],
  );
}

/** A deletion leaves a tombstone: the content of its target and of the target's edits is gone with this commit. */
async function clearTargets(
  tx: EntityManager,
  organizationId: OrganizationId,
  drafts: readonly Draft[],
  at: Date,
): Promise<void> {
  const deletions = drafts.filter((draft) => draft.kind === 'deletion');
  if (deletions.length === 0) return;
  await clear(
    tx,
    organizationId,
    deletions.map(({ conversationId, targetId }) => ({ conversationId, id: targetId as EntryId })),
    at,
  );
}

async function clear(
  tx: EntityManager,
  organizationId: OrganizationId,
  targets: readonly { conversationId: ConversationId; id: EntryId }[],
  at: Date,
): Promise<void> {
  await tx.query(
    `WITH cleared AS (
       UPDATE entry e SET body = NULL, cleared_at = $4
       FROM unnest($2::uuid[], $3::uuid[]) AS w(conversation_id, id)
       WHERE e.organization_id = $1 AND e.conversation_id = w.conversation_id AND e.cleared_at IS NULL
         AND (e.id = w.id OR (e.target_id = w.id AND e.kind = 'edit'))
       RETURNING e.conversation_id, e.seq)
     DELETE FROM mention m USING cleared c
     WHERE m.organization_id = $1 AND m.conversation_id = c.conversation_id AND m.seq = c.seq`,
    [organizationId, targets.map((target) => target.conversationId), targets.map((target) => target.id), at],
  );
}
