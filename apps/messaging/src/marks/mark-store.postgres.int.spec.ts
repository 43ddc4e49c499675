import { withOrganization } from '@relais/database';
import { type ConversationId, newId, type OrganizationId, type UserId } from '@relais/kernel';
import { type MessagingDatabase, messagingDatabase, putConversation } from '../../test/messaging-database.js';
import { people } from '../../test/people.js';
import { PostgresConversationStore } from '../conversations/conversation-store.postgres.js';
import { PostgresMarkStore } from './mark-store.postgres.js';

describe('PostgresMarkStore', () => {
  const organizationId = newId<OrganizationId>();
  let database: MessagingDatabase;
  let store: PostgresMarkStore;
  let conversations: PostgresConversationStore;

  beforeAll(async () => {
    database = await messagingDatabase();
    store = new PostgresMarkStore(database.db);
    conversations = new PostgresConversationStore(database.db);
  });
  afterAll(() => database.close());

  /** A conversation whose log has come to 10. */
  async function conversation(...members: UserId[]): Promise<ConversationId> {
    const id = newId<ConversationId>();
    await putConversation(database.db, organizationId, id, {
      members: members.map((userId) => ({ userId, joinedSeq: 1 })),
    });
    await withOrganization(database.db, organizationId, (tx) =>
      tx.query('UPDATE conversation SET last_seq = 10 WHERE organization_id = $1 AND id = $2', [organizationId, id]),
    );
    return id;
  }

  const advance = async (userId: UserId, ...marks: [ConversationId, number, number][]) =>
    (
      await store.advance(
        organizationId,
        userId,
        marks.map(([conversationId, delivered, read]) => ({ conversationId, delivered, read })),
      )
    ).map(({ conversationId, delivered, read }) => [conversationId, delivered, read]);
  const marksOf = async (userId: UserId, id: ConversationId) => {
    const [view] = await conversations.views(organizationId, userId, { ids: [id] });
    return view && [view.delivered, view.read];
  };

  it('only rises, and tells what rose', async () => {
    const [alice] = people(1) as [UserId];
    const id = await conversation(alice);

    expect(await advance(alice, [id, 5, 3])).toEqual([[id, 5, 3]]);
    expect(await advance(alice, [id, 4, 2])).toEqual([]);
    expect(await advance(alice, [id, 5, 3])).toEqual([]);
    expect(await advance(alice, [id, 2, 4])).toEqual([[id, 5, 4]]);
    expect(await advance(alice, [id, 0, 0])).toEqual([]);
    expect(await marksOf(alice, id)).toEqual([5, 4]);
  });

  it('takes what was read as received', async () => {
    const [alice] = people(1) as [UserId];
    const id = await conversation(alice);

    expect(await advance(alice, [id, 0, 7])).toEqual([[id, 7, 7]]);
  });

  it('never goes past the head: such a value changes nothing', async () => {
    const [alice] = people(1) as [UserId];
    const id = await conversation(alice);

    expect(await advance(alice, [id, 11, 0])).toEqual([]);
    expect(await advance(alice, [id, Number.MAX_SAFE_INTEGER, 10])).toEqual([[id, 10, 10]]);
    expect(await advance(alice, [id, 10, 11])).toEqual([]);
    expect(await marksOf(alice, id)).toEqual([10, 10]);
  });

  it('takes the highest of several values for one conversation', async () => {
    const [alice] = people(1) as [UserId];
    const [a, b] = [await conversation(alice), await conversation(alice)];

    const risen = await advance(alice, [a, 3, 0], [b, 9, 1], [a, 0, 5], [a, 99, 2]);

    expect(new Map(risen.map(([id, ...marks]) => [id, marks]))).toEqual(new Map([[a, [5, 5]], [b, [9, 1]]])); // prettier-ignore
  });

  it('changes nothing in conversations somebody is not in, no longer in, or that are elsewhere', async () => {
    const [alice, bob] = people(2) as [UserId, UserId];
    const id = await conversation(alice);
    await withOrganization(database.db, organizationId, (tx) =>
      tx.query(
        'INSERT INTO member (organization_id, conversation_id, user_id, joined_seq, left_seq, role) VALUES ($1, $2, $3, 1, 4, $4)',
        [organizationId, id, bob, 'writer'],
      ),
    );

    expect(await advance(bob, [id, 5, 5])).toEqual([]);
    expect(await advance(people(1)[0] as UserId, [id, 5, 5])).toEqual([]);
    expect(await advance(alice, [newId<ConversationId>(), 5, 5])).toEqual([]);
    expect(
      await store.advance(newId<OrganizationId>(), alice, [{ conversationId: id, delivered: 5, read: 5 }]),
    ).toEqual([]);
  });

  it('rises from all devices at once, over conversations in any order, without deadlock', async () => {
    const [alice] = people(1) as [UserId];
    const ids = await Promise.all(Array.from({ length: 10 }, () => conversation(alice)));

    await Promise.all(
      Array.from({ length: 40 }, (_, index) => {
        const order = index % 2 === 0 ? ids : ids.toReversed();
        return advance(
          alice,
          ...order.map((id): [ConversationId, number, number] => [id, 1 + (index % 10), index % 7]),
        );
      }),
    );

    for (const id of ids) expect(await marksOf(alice, id)).toEqual([10, 6]);
  });

  it('says how far it had come before', async () => {
    const [alice] = people(1) as [UserId];
    const conversationId = await conversation(alice);
    const rise = async (delivered: number, read: number) =>
      (await store.advance(organizationId, alice, [{ conversationId, delivered, read }]))[0]?.before;

    expect(await rise(5, 3)).toEqual({ delivered: 0, read: 0 });
    expect(await rise(5, 4)).toEqual({ delivered: 5, read: 3 });
  });

  it('says where the receipts go', async () => {
    const [alice, bob] = people(2).toSorted() as [UserId, UserId];
    const id = await conversation(alice, bob);
    await withOrganization(database.db, organizationId, (tx) =>
      tx.query(
        `UPDATE conversation SET kind = 'direct', direct_low = $3, direct_high = $4 WHERE organization_id = $1 AND id = $2`,
        [organizationId, id, alice, bob],
      ),
    );

    const [risen] = await store.advance(organizationId, alice, [{ conversationId: id, delivered: 5, read: 5 }]);

    expect(risen?.address).toEqual({ conversationId: id, kind: 'direct', directUserIds: [alice, bob] });
  });

  it('mutes and unmutes for members, and leaves the marks alone', async () => {
    const [alice, bob] = people(2) as [UserId, UserId];
    const id = await conversation(alice);
    const until = new Date('2030-01-01T00:00:00Z');
    const mutedUntil = async () => (await conversations.views(organizationId, alice, { ids: [id] }))[0]?.mutedUntil;
    await advance(alice, [id, 5, 3]);

    expect(await store.mute(organizationId, alice, id, until)).toBe(true);
    expect(await mutedUntil()).toEqual(until);
    expect(await store.mute(organizationId, bob, id, until)).toBe(false);
    expect(await store.mute(newId<OrganizationId>(), alice, id, null)).toBe(false);
    expect(await store.mute(organizationId, alice, id, null)).toBe(true);

    expect(await mutedUntil()).toBeNull();
    expect(await marksOf(alice, id)).toEqual([5, 3]);
  });

  describe('tells who listens to', () => {
    const muted = new Date(Date.now() + 3_600_000);
    const listeners = async (conversationId: ConversationId, entries: object[], after?: UserId, limit = 10) =>
      (await store.listeners(organizationId, { conversationId, entries: entries as never, after }, limit)).map(
        ({ userId, seq }) => `${userId} ${seq}`,
      );
    const said = (senderId: UserId, seq: number, more: object = {}) => ({
      ...{ seq, senderId, notify: [] as UserId[], notifyAll: true, ...more },
    });

    it('an entry: everybody but who said it, who has it, and who has muted it', async () => {
      const [alice, bob, carol, dave] = people(4).toSorted() as [UserId, UserId, UserId, UserId];
      const id = await conversation(alice, bob, carol, dave);
      await advance(carol, [id, 7, 0]);
      await store.mute(organizationId, dave, id, muted);

      expect(await listeners(id, [said(alice, 7)])).toEqual([`${bob} 7`]);
      expect(await listeners(id, [said(alice, 8)])).toEqual([`${bob} 8`, `${carol} 8`]);
      expect(await listeners(id, [said(alice, 8, { notify: [dave] })])).toContain(`${dave} 8`);
      expect(await listeners(id, [said(alice, 8, { notify: [bob], notifyAll: false })])).toEqual([`${bob} 8`]);
    });

    it('several senders: the latest that is not their own, page by page', async () => {
      const [alice, bob, carol] = people(3).toSorted() as [UserId, UserId, UserId];
      const id = await conversation(alice, bob, carol);
      const entries = [said(alice, 4), said(bob, 9)];

      expect(await listeners(id, entries)).toEqual([`${alice} 9`, `${bob} 4`, `${carol} 9`]);
      expect(await listeners(id, entries, undefined, 1)).toEqual([`${alice} 9`]);
      expect(await listeners(id, entries, alice, 1)).toEqual([`${bob} 4`]);
      expect(
        await store.listeners(newId<OrganizationId>(), { conversationId: id, entries: [said(alice, 4)] }, 9),
      ).toEqual([]);
    });
  });
});
