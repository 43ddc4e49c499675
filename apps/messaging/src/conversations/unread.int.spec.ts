import { type ConversationId, type EntryId, newId, type OrganizationId, type UserId } from '@relais/kernel';
import { withOrganization } from '@relais/database';
import { age, expiryJob, keep } from '../../test/keeping.js';
import { type MessagingDatabase, messagingDatabase } from '../../test/messaging-database.js';
import { aChange, aConversation, adding, people, seal } from '../../test/people.js';
import { until } from '../../test/until.js';
import type { CommitResult, Draft } from '../entries/entry-store.js';
import { PostgresEntryStore } from '../entries/entry-store.postgres.js';
import { PostgresMarkStore } from '../marks/mark-store.postgres.js';
import { PostgresConversationStore } from './conversation-store.postgres.js';

describe('what is unread', () => {
  const organizationId = newId<OrganizationId>();
  let database: MessagingDatabase;
  let conversations: PostgresConversationStore;
  let log: PostgresEntryStore;
  let id: ConversationId;
  let alice: UserId;
  let bob: UserId;

  beforeAll(async () => {
    database = await messagingDatabase();
    conversations = new PostgresConversationStore(database.db);
    log = new PostgresEntryStore(database.db, 5_000);
  });
  afterAll(() => database.close());

  beforeEach(async () => {
    [alice, bob] = people(2) as [UserId, UserId];
    const conversation = aConversation('group', [alice, bob]);
    id = conversation.id;
    await conversations.create(organizationId, conversation, seal);
  });

  async function commit(...drafts: Partial<Draft>[]): Promise<{ result: CommitResult; ids: EntryId[] }> {
    const [standing] = await log.standings(organizationId, [{ conversationId: id, userId: alice }]);
    const all = drafts.map((draft): Draft => ({
      conversationId: id,
      id: newId<EntryId>(),
      kind: 'message',
      senderId: alice,
      senderDeviceId: newId(),
      rulesVersion: standing?.rulesVersion ?? 0,
      isModerator: true,
      body: Buffer.from('canary of this test'),
      ttlSeconds: 0,
      mentions: [],
      notify: [],
      notifyAll: true,
      ...draft,
    }));
    return { result: await log.commit(organizationId, all), ids: all.map((draft) => draft.id) };
  }

  async function append(...drafts: Partial<Draft>[]): Promise<EntryId[]> {
    const { result, ids } = await commit(...drafts);
    expect(result.outcome).toBe('committed');
    return ids;
  }

  const counts = async (userId = bob) => {
    const [view] = await conversations.views(organizationId, userId, { ids: [id] });
    return { unread: view?.unread, mentions: view?.mentions };
  };
  const rows = <Row>(sql: string): Promise<Row[]> =>
    withOrganization(database.db, organizationId, (tx) => tx.query(sql, [id]));

  it('is what others wrote after the mark: no own messages, no reactions, no edits, no membership', async () => {
    const [first] = await append({}, {}, { senderId: bob, mentions: [alice] });
    await append({ kind: 'reaction', targetId: first }, { kind: 'edit', targetId: first });

    expect(await counts(bob)).toEqual({ unread: 2, mentions: 0 });
    expect(await counts(alice)).toEqual({ unread: 1, mentions: 1 });
    await new PostgresMarkStore(database.db).advance(organizationId, bob, [
      { conversationId: id, delivered: 0, read: 2 },
    ]);
    expect(await counts(bob)).toEqual({ unread: 1, mentions: 0 });
  });

  it('counts mentions of members only, and names nobody else in the event', async () => {
    const [stranger] = people(1) as [UserId];

    await append({ mentions: [bob, stranger], notify: [bob, stranger] });

    expect(await counts()).toEqual({ unread: 1, mentions: 1 });
    expect(await rows('SELECT 1 FROM mention m WHERE m.conversation_id = $1')).toHaveLength(1);
    const events = await rows<{ notify: string }>(
      `SELECT e.entry ->> 'notify' AS notify FROM outbox o, jsonb_array_elements(o.data -> 'entries') AS e(entry)
       WHERE e.entry ->> 'conversationId' = $1::text AND e.entry ->> 'kind' = 'message'`,
    );
    expect(events.map(({ notify }) => JSON.parse(notify) as unknown)).toEqual([[bob]]);
  });

  it('is no longer what was deleted', async () => {
    const [target] = await append({ mentions: [bob] }, {});
    await append({ kind: 'deletion', targetId: target });

    expect(await counts()).toEqual({ unread: 1, mentions: 0 });
    expect(await rows('SELECT 1 FROM mention m WHERE m.conversation_id = $1')).toEqual([]);
  });

  it('is no longer what has expired, and the job takes it and its edits off the disk', async () => {
    const [target] = await append({ mentions: [bob], ttlSeconds: 1 }, {});
    await append({ kind: 'edit', targetId: target });
    expect(await counts()).toEqual({ unread: 2, mentions: 1 });
    await until(async () => (await counts()).unread === 1, 'expiry');
    expect(await counts()).toEqual({ unread: 1, mentions: 0 });

    const job = () => expiryJob(database.db);
    await Promise.all([job().runOnce(), job().runOnce()]);

    const left = await rows<{ seq: string; is_cleared: boolean; has_body: boolean }>(
      'SELECT e.seq, e.cleared_at IS NOT NULL AS is_cleared, e.body IS NOT NULL AS has_body FROM entry e WHERE e.conversation_id = $1 ORDER BY e.seq',
    );
    expect(left.map(({ is_cleared, has_body }) => [is_cleared, has_body])).toEqual([
      [false, true],
      [true, false],
      [false, true],
      [true, false],
    ]);
    expect(await rows('SELECT 1 FROM mention m WHERE m.conversation_id = $1')).toEqual([]);
  });

  it('is no longer what is older than the organization keeps, from the moment on that it says so', async () => {
    await append({ mentions: [bob] }, { mentions: [bob] });
    await age(database.db, organizationId, id, 3, 2);
    expect(await counts()).toEqual({ unread: 2, mentions: 2 });

    await keep(database.db, organizationId, { keepDays: 3 }, 'now');
    expect(await counts()).toEqual({ unread: 1, mentions: 1 });

    await keep(database.db, organizationId, { keepDays: null });
    expect(await counts()).toEqual({ unread: 2, mentions: 2 });
  });

  it('cannot be changed once it has expired, before the job came by as after', async () => {
    const [target] = await append({ ttlSeconds: 1 });
    await until(async () => (await counts()).unread === 0, 'expiry');
    const { result } = await commit({ kind: 'edit', targetId: target });

    expect(result).toEqual({ outcome: 'refused', problems: new Map([[0, 'target_not_found']]) });
  });

  it('starts at nothing for who joins', async () => {
    await append({}, {}, {});
    const [carol] = people(1) as [UserId];
    await conversations.change(
      organizationId,
      aChange(id, alice, [carol], () => [adding([carol])]),
    );
    expect(await counts(carol)).toEqual({ unread: 0, mentions: 0 });

    await append({ mentions: [carol] });

    expect(await counts(carol)).toEqual({ unread: 1, mentions: 1 });
  });

  it('is counted up to 1,000', async () => {
    for (let batch = 0; batch < 4; batch++) await append(...Array.from({ length: 260 }, () => ({ mentions: [bob] })));

    expect(await counts()).toEqual({ unread: 1_000, mentions: 1_000 });
  });
});
