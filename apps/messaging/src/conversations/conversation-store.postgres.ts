import { entriesAppended, type Entry } from '@relais/contracts';
import { enqueue, withOrganization } from '@relais/database';
import {
  type ConversationId,
  type EntryId,
  type EventId,
  newId,
  type OrganizationId,
  type UserId,
} from '@relais/kernel';
import type { DataSource, EntityManager } from 'typeorm';
import { assertHolds } from '../contacts/contact-store.postgres.js';
import { toEntry } from '../entries/entry-sealing.js';
import { applyChange, lockConversation, type LockedConversation, readCurrent } from './conversation-change.postgres.js';
import {
  type Change,
  type Changed,
  type ChangeRequest,
  ConversationStore,
  type ConversationView,
  type NewConversation,
} from './conversation-store.js';
import { selectViews } from './conversation-views.postgres.js';

export class PostgresConversationStore extends ConversationStore {
  constructor(private readonly db: DataSource) {
    super();
  }

  create(organizationId: OrganizationId, conversation: NewConversation, seal: ChangeRequest['seal']) {
    return withOrganization(this.db, organizationId, async (tx) => {
      await tx.query('INSERT INTO organization_seen (id) VALUES ($1) ON CONFLICT DO NOTHING', [organizationId]);
      if (!(await insertConversation(tx, organizationId, conversation))) {
        const id = await findExisting(tx, organizationId, conversation);
        return id ? { id } : null;
      }
      const locked = (await lockConversation(tx, organizationId, conversation.id)) as LockedConversation;
      const { creatorId, creatorDeviceId, members, contactVersion } = conversation;
      await assertHolds(tx, organizationId, { contactVersion }, locked.rulesVersion);
      const change: Change = {
        kind: 'membership',
        body: { change: 'added', userIds: members.map(({ userId }) => userId) },
        add: [...members],
      };
      const actor = { actorId: creatorId, actorDeviceId: creatorDeviceId, seal };
      return {
        id: conversation.id,
        changed: await write(tx, organizationId, locked, actor, members.length > 0 ? [change] : []),
      };
    });
  }

  existing(organizationId: OrganizationId, conversation: NewConversation): Promise<ConversationId | null> {
    return withOrganization(this.db, organizationId, (tx) => findExisting(tx, organizationId, conversation));
  }

  views(
    organizationId: OrganizationId,
    userId: UserId,
    which: { ids: readonly ConversationId[] } | { after: string; limit: number },
  ) {
    return withOrganization(this.db, organizationId, (tx): Promise<ConversationView[]> =>
      selectViews(tx, organizationId, userId, which),
    );
  }

  change(organizationId: OrganizationId, request: ChangeRequest): Promise<Changed | null> {
    return withOrganization(this.db, organizationId, async (tx) => {
      const locked = await lockConversation(tx, organizationId, request.conversationId);
      if (!locked) return null;
      if (request.guard) await assertHolds(tx, organizationId, request.guard, locked.rulesVersion);
      const current = await readCurrent(tx, organizationId, locked, request);
      const changes = await fresh(tx, organizationId, locked, request.decide(current));
      return write(tx, organizationId, locked, request, changes);
    });
  }
}

/** Without the lines that are in the log already. */
async function fresh(
  tx: EntityManager,
  organizationId: OrganizationId,
  { id }: LockedConversation,
  changes: readonly Change[],
): Promise<readonly Change[]> {
  const ids = changes.flatMap((change) => ('id' in change ? [change.id] : []));
  if (ids.length === 0) return changes;
  const rows: { id: EntryId }[] = await tx.query(
    'SELECT e.id FROM entry e WHERE e.organization_id = $1 AND e.conversation_id = $2 AND e.id = ANY($3::uuid[])',
    [organizationId, id, ids],
  );
  const known = new Set(rows.map((row) => row.id));
  return changes.filter((change) => !('id' in change && known.has(change.id)));
}

/** Applies each change and writes its line to the log; the event announces them together. */
async function write(
  tx: EntityManager,
  organizationId: OrganizationId,
  locked: LockedConversation,
  actor: Pick<ChangeRequest, 'actorId' | 'actorDeviceId' | 'seal'>,
  changes: readonly Change[],
): Promise<Changed> {
  const entries: Entry[] = [];
  for (const change of changes) {
    const seq = locked.lastSeq + entries.length + 1;
    await applyChange(tx, organizationId, locked.id, change, seq);
    entries.push(await insertEntry(tx, organizationId, locked, actor, change, seq));
  }
  if (entries.length > 0) await announce(tx, organizationId, locked, entries);
  const { id: conversationId, kind, directUserIds } = locked;
  return { address: { conversationId, kind, directUserIds }, entries };
}

async function insertEntry(
  tx: EntityManager,
  organizationId: OrganizationId,
  locked: LockedConversation,
  { actorId, actorDeviceId, seal }: Pick<ChangeRequest, 'actorId' | 'actorDeviceId' | 'seal'>,
  change: Change,
  seq: number,
): Promise<Entry> {
  const id = 'id' in change ? change.id : newId<EntryId>();
  const { kind, body } = change;
  await tx.query(
    `INSERT INTO entry (organization_id, conversation_id, seq, id, kind, sender_id, sender_device_id, body, recorded_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [organizationId, locked.id, seq, id, kind, actorId, actorDeviceId, seal(id, body), locked.now],
  );
  const row = {
    conversationId: locked.id,
    seq,
    id,
    kind,
    senderId: actorId,
    senderDeviceId: actorDeviceId,
    recordedAt: locked.now,
  };
  return toEntry(row, body);
}

async function announce(
  tx: EntityManager,
  organizationId: OrganizationId,
  locked: LockedConversation,
  entries: readonly Entry[],
) {
  await tx.query(
    `UPDATE conversation SET last_seq = last_seq + $3, rules_version = rules_version + 1 WHERE organization_id = $1 AND id = $2`,
    [organizationId, locked.id, entries.length],
  );
  await enqueue(tx, entriesAppended, {
    id: newId<EventId>(),
    organizationId,
    entries: entries.map(({ conversationId, seq, id, kind, senderId }) => ({
      conversationId,
      seq,
      id,
      kind,
      senderId,
      notify: [],
      notifyAll: false,
    })),
  });
}

async function insertConversation(
  tx: EntityManager,
  organizationId: OrganizationId,
  conversation: NewConversation,
): Promise<boolean> {
  const { id, kind, title, sharesHistory, messageTtlSeconds, creatorId, liftsBarriers = false } = conversation;
  const [low = null, high = null] = directPair(conversation);
  const rows: unknown[] = await tx.query(
    `INSERT INTO conversation (organization_id, id, kind, direct_low, direct_high, title, shares_history, message_ttl_seconds, created_by,
       lifts_barriers)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING id`,
    [organizationId, id, kind, low, high, title, sharesHistory, messageTtlSeconds, creatorId, liftsBarriers],
  );
  return rows.length > 0;
}

/** The two people of a direct conversation in one order, so that a pair has one key. */
const directPair = ({ kind, members }: NewConversation): UserId[] =>
  kind === 'direct' ? members.map(({ userId }) => userId).sort() : [];

async function findExisting(
  tx: EntityManager,
  organizationId: OrganizationId,
  conversation: NewConversation,
): Promise<ConversationId | null> {
  const { id, kind, creatorId } = conversation;
  const [low = null, high = null] = directPair(conversation);
  const [row] = (await tx.query(
    `SELECT c.id FROM conversation c
     WHERE c.organization_id = $1
       AND CASE WHEN $2 = 'direct' THEN c.direct_low = $4 AND c.direct_high = $5 ELSE c.id = $3 AND c.kind = $2 AND c.created_by = $6 END`,
    [organizationId, kind, id, low, high, creatorId],
  )) as { id: ConversationId }[];
  return row?.id ?? null;
}
