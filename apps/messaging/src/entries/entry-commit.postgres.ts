import { type EntriesAppended, entriesAppended } from '@relais/contracts';
import { lastly, prepared } from '@relais/database';
import { type ConversationId, type EventId, newId, type OrganizationId } from '@relais/kernel';
import type { EntityManager } from 'typeorm';
import { insertMentions, keepMembers } from './entry-mentions.postgres.js';
import type { CommitResult, Draft, Placed } from './entry-store.js';
import { clearTargets, readTargets } from './entry-targets.postgres.js';
import { endsOf, expiriesOf, targetProblems } from './targets.js';

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
  keep_days: number | null;
}

/**
 * Two round trips, whatever the number of drafts: BEGIN and take the numbers under lock, to compare the rules' version;
 * insert entries and the event, and COMMIT. More only where something has a target or calls somebody by name.
 *
 * @throws Undo with anything but `committed`; the transaction throws what `isKnownEntry` tells when an id is taken
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
  const targets = await readTargets(tx, organizationId, drafts);
  const problems = targetProblems(drafts, targets);
  if (problems.size > 0) throw new Undo({ outcome: 'refused', problems });

  const { recorded_at: recordedAt, keep_days: keepDays } = heads.values().next().value as Head;
  const seqs = number(drafts, heads);
  const own = expiriesOf(drafts, targets, recordedAt);
  const placing = (ends: readonly (Date | undefined)[]) =>
    seqs.map((seq, index): Placed => ({ seq, expiresAt: ends[index] }));
  const called = await keepMembers(tx, organizationId, drafts);
  lastly(tx, () =>
    Promise.all([
      insert(tx, organizationId, called, placing(own), recordedAt),
      insertMentions(tx, organizationId, called, seqs),
      clearTargets(tx, organizationId, drafts, recordedAt),
    ]),
  );
  return { outcome: 'committed', recordedAt, placed: placing(endsOf(drafts, targets, own, recordedAt, keepDays)) };
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
     RETURNING c.id, c.last_seq, c.rules_version, date_trunc('milliseconds', now()) AS recorded_at,
       (SELECT k.keep_days FROM message_keeping k WHERE k.organization_id = $1) AS keep_days`,
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

/** Whether the log refused an entry because it has one with this id. */
export const isKnownEntry = (error: unknown): boolean =>
  (error as { constraint?: string }).constraint === 'entry_id_key';

/** Entries and the one event of this commit. */
async function insert(
  tx: EntityManager,
  organizationId: OrganizationId,
  drafts: readonly Draft[],
  placed: readonly Placed[],
  recordedAt: Date,
): Promise<void> {
  const event = eventOf(organizationId, drafts, placed);
  await prepared(
    tx,
    'entry-insert',
    `WITH announced AS (INSERT INTO outbox (id, subject, data) VALUES ($12, $13, $14))
     INSERT INTO entry (organization_id, conversation_id, seq, id, kind, sender_id, sender_device_id, target_id, body, recorded_at, expires_at)
     SELECT $1, d.conversation_id, d.seq, d.id, d.kind, d.sender_id, d.sender_device_id, d.target_id, d.body, $2::timestamptz, d.expires_at
     FROM unnest($3::uuid[], $4::bigint[], $5::uuid[], $6::text[], $7::uuid[], $8::uuid[], $9::uuid[], $10::bytea[], $11::timestamptz[])
          AS d(conversation_id, seq, id, kind, sender_id, sender_device_id, target_id, body, expires_at)`,
    [
      organizationId,
      recordedAt,
      drafts.map((draft) => draft.conversationId),
      placed.map(({ seq }) => seq),
      drafts.map((draft) => draft.id),
      drafts.map((draft) => draft.kind),
      drafts.map((draft) => draft.senderId),
      drafts.map((draft) => draft.senderDeviceId),
      drafts.map((draft) => draft.targetId ?? null),
      drafts.map((draft) => draft.body),
      placed.map(({ expiresAt }) => expiresAt ?? null),
      event.id,
      entriesAppended.subject,
      JSON.stringify(event),
    ],
  );
}

const eventOf = (
  organizationId: OrganizationId,
  drafts: readonly Draft[],
  placed: readonly Placed[],
): EntriesAppended => ({
  id: newId<EventId>(),
  organizationId,
  entries: drafts.map(({ conversationId, id, kind, senderId, notify, notifyAll }, index) => ({
    conversationId,
    seq: (placed[index] as Placed).seq,
    id,
    kind,
    senderId,
    notify: [...notify],
    notifyAll,
  })),
});
