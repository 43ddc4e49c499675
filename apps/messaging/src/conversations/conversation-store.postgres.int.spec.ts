import { changeRole, entriesAppended, removeMember } from '@relais/contracts';
import { withOrganization } from '@relais/database';
import { type ConversationId, newId, type OrganizationId, type UserId } from '@relais/kernel';
import { type MessagingDatabase, messagingDatabase } from '../../test/messaging-database.js';
import { aChange, aConversation, adding, people, removing, seal } from '../../test/people.js';
import { PostgresEntryStore } from '../entries/entry-store.postgres.js';
import { decideRemoving, decideRole } from './conversation-rules.js';
import type { Change, NewConversation } from './conversation-store.js';
import { PostgresConversationStore } from './conversation-store.postgres.js';

describe('PostgresConversationStore', () => {
  const organizationId = newId<OrganizationId>();
  let database: MessagingDatabase;
  let store: PostgresConversationStore;
  let log: PostgresEntryStore;

  beforeAll(async () => {
    database = await messagingDatabase();
    store = new PostgresConversationStore(database.db);
    log = new PostgresEntryStore(database.db, 5_000);
  });
  afterAll(() => database.close());

  const create = (conversation: NewConversation) => store.create(organizationId, conversation, seal);
  const view = async (id: ConversationId, userId: UserId) =>
    (await store.views(organizationId, userId, { ids: [id] }))[0];
  const kinds = async (id: ConversationId, userId: UserId) =>
    (await log.listAfter(organizationId, userId, [{ conversationId: id, after: 0 }], 100)).map(
      ({ seq, kind, body }) => [seq, kind, JSON.parse(String(body)) as unknown] as const,
    );
  const query = (sql: string) => withOrganization(database.db, organizationId, (tx) => tx.query(sql));

  async function made(kind: 'group' | 'channel', count: number) {
    const members = people(count);
    const conversation = aConversation(kind, members);
    await create(conversation);
    return { id: conversation.id, members: members as [UserId, UserId, UserId] };
  }

  describe('making a conversation', () => {
    it('writes the first line of its log, and an event without content', async () => {
      const [alice, bob] = people(2) as [UserId, UserId];
      const conversation = aConversation('group', [alice, bob]);

      const result = await create(conversation);

      expect(result).toMatchObject({
        id: conversation.id,
        changed: { address: { kind: 'group' }, entries: [{ seq: 1, kind: 'membership', senderId: alice }] },
      });
      expect(await kinds(conversation.id, bob)).toEqual([
        [1, 'membership', { change: 'added', userIds: [alice, bob] }],
      ]);
      expect(await view(conversation.id, bob)).toMatchObject({
        head: 1,
        members: 2,
        role: 'writer',
        unread: 0,
        read: 1,
      });
      const [event] = (await query('SELECT o.data FROM outbox o ORDER BY o.position DESC LIMIT 1')) as {
        data: unknown;
      }[];
      expect(entriesAppended.data.parse(event?.data)).toMatchObject({
        organizationId,
        entries: [{ conversationId: conversation.id, seq: 1, kind: 'membership', notify: [], notifyAll: false }],
      });
    });

    it('again gives the same one, and writes nothing', async () => {
      const conversation = aConversation('group', people(3));
      await create(conversation);

      expect(await create(conversation)).toEqual({ id: conversation.id });

      expect(await view(conversation.id, conversation.creatorId)).toMatchObject({ head: 1, members: 3 });
    });

    it('under an id that somebody else, or another kind, has already is refused', async () => {
      const conversation = aConversation('group', people(2));
      await create(conversation);
      const { id, creatorId } = conversation;

      expect(await create(aConversation('group', people(2), { id }))).toBeNull();
      expect(await create(aConversation('channel', [creatorId, ...people(1)], { id }))).toBeNull();
      expect(await create(aConversation('direct', [creatorId, ...people(1)], { id }))).toBeNull();
    });

    it('under an id that another organization has makes another one', async () => {
      const conversation = aConversation('group', people(2));
      await create(conversation);

      const theirs = await store.create(
        newId<OrganizationId>(),
        aConversation('group', people(2), { id: conversation.id }),
        seal,
      );

      expect(theirs?.changed).toBeDefined();
    });

    it('of a pair gives one for both, also when both ask twenty times at once', async () => {
      const [alice, bob] = people(2) as [UserId, UserId];

      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          create(aConversation('direct', index % 2 === 0 ? [alice, bob] : [bob, alice])),
        ),
      );

      const [first] = results;
      expect(new Set(results.map((result) => result?.id))).toEqual(new Set([first?.id]));
      expect(results.filter((result) => result?.changed)).toHaveLength(1);
      expect(await view(first?.id as ConversationId, alice)).toMatchObject({ kind: 'direct', head: 1, members: 2 });
      expect((await create(aConversation('direct', [bob, ...people(1)])))?.id).not.toBe(first?.id);
    });
  });

  describe('a change', () => {
    it('is decided under lock: of many at once each sees what the others did', async () => {
      const { id, members } = await made('group', 1);
      const newcomers = people(20);
      const seen: number[] = [];

      await Promise.all(
        newcomers.map((userId) =>
          store.change(
            organizationId,
            aChange(id, members[0], [userId], (current) => {
              seen.push(current.members);
              return [adding([userId])];
            }),
          ),
        ),
      );

      expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      expect(await view(id, members[0])).toMatchObject({ head: 21, members: 21 });
    });

    it('and appends at the same time share one line of numbers', async () => {
      const { id, members } = await made('group', 1);
      const append = async (): Promise<void> => {
        const [standing] = await log.standings(organizationId, [{ conversationId: id, userId: members[0] }]);
        const result = await log.commit(organizationId, [
          {
            conversationId: id,
            id: newId(),
            kind: 'message',
            senderId: members[0],
            senderDeviceId: newId(),
            rulesVersion: standing?.rulesVersion ?? 0,
            isModerator: true,
            body: Buffer.from('{}'),
            ttlSeconds: 0,
            mentions: [],
            notify: [],
            notifyAll: false,
          },
        ]);
        if (result.outcome === 'stale') return append();
        expect(result.outcome).toBe('committed');
      };

      await Promise.all(
        people(10).flatMap((userId) => [
          append(),
          store.change(
            organizationId,
            aChange(id, members[0], [userId], () => [adding([userId])]),
          ),
        ]),
      );

      const seqs = (await kinds(id, members[0])).map(([seq]) => seq);
      expect(seqs).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
    });

    it('that is refused leaves no trace', async () => {
      const { id, members } = await made('group', 2);

      await expect(
        store.change(
          organizationId,
          aChange(id, members[0], [members[1]], () => {
            throw removeMember.fail('may_not_moderate');
          }),
        ),
      ).rejects.toMatchObject({ code: 'may_not_moderate' });
      await store.change(
        organizationId,
        aChange(id, members[0], [], () => []),
      );

      expect(await view(id, members[0])).toMatchObject({ head: 1, members: 2 });
      expect((await log.standings(organizationId, [{ conversationId: id, userId: members[0] }]))[0]?.rulesVersion).toBe(
        2,
      );
    });

    it('of settings and closing is a line of the log and in force', async () => {
      const { id, members } = await made('group', 1);
      const title = Buffer.from('sealed title');
      const body = { messageTtlSeconds: 60, sharesHistory: true };
      const changes: Change[] = [
        { kind: 'settings', body: { title: 'x' }, title },
        { kind: 'settings', body },
        { kind: 'closed', body: {} },
      ];

      await store.change(
        organizationId,
        aChange(id, members[0], [], () => changes),
      );

      expect(await view(id, members[0])).toMatchObject({ ...body, title, isClosed: true, head: 4 });
      expect((await kinds(id, members[0])).slice(1)).toEqual([
        [2, 'settings', { title: 'x' }],
        [3, 'settings', body],
        [4, 'closed', {}],
      ]);
      const [standing] = await log.standings(organizationId, [{ conversationId: id, userId: members[0] }]);
      expect(standing).toMatchObject({ isClosed: true, messageTtlSeconds: 60 });
    });

    it('of a conversation that is not there, or of another organization, is none', async () => {
      const { id, members } = await made('group', 1);
      const request = aChange(id, members[0], [], () => [{ kind: 'closed', body: {} }]);

      expect(await store.change(organizationId, { ...request, conversationId: newId() })).toBeNull();
      expect(await store.change(newId<OrganizationId>(), request)).toBeNull();
      expect((await view(id, members[0]))?.isClosed).toBe(false);
    });
  });

  describe('the last moderator', () => {
    const leave = (id: ConversationId, userId: UserId) =>
      store.change(
        organizationId,
        aChange(id, userId, [userId], (current) => decideRemoving(removeMember, current, userId, userId)),
      );
    const roleOf = async (id: ConversationId, userId: UserId) => (await view(id, userId))?.role;

    it('hands over to the writer who has been there longest, before those who only read', async () => {
      const { id, members } = await made('channel', 1);
      const [reader, first, second] = people(3) as [UserId, UserId, UserId];
      for (const change of [adding([reader], 'reader'), adding([first]), adding([second])])
        await store.change(
          organizationId,
          aChange(id, members[0], [], () => [change]),
        );

      await leave(id, members[0]);
      expect(await Promise.all([reader, first, second].map((userId) => roleOf(id, userId)))).toEqual([
        'reader',
        'moderator',
        'writer',
      ]);
      await leave(id, first);
      await leave(id, second);
      expect(await roleOf(id, reader)).toBe('moderator');
    });

    it('leaves nobody behind, or stays while another moderates', async () => {
      const alone = await made('group', 1);
      await leave(alone.id, alone.members[0]);
      expect(await view(alone.id, alone.members[0])).toBeUndefined();

      const { id, members } = await made('group', 3);
      const change = (role: 'moderator' | 'writer', actorId: UserId, userId: UserId) =>
        store.change(
          organizationId,
          aChange(id, actorId, [userId], (current) => decideRole(changeRole, current, userId, role)),
        );
      await change('moderator', members[0], members[1]);
      await leave(id, members[0]);
      expect([await roleOf(id, members[1]), await roleOf(id, members[2])]).toEqual(['moderator', 'writer']);
      await expect(change('writer', members[1], members[1])).rejects.toMatchObject({ code: 'last_moderator' });
    });

    it('is always there when two moderators leave at the same moment', async () => {
      for (let round = 0; round < 5; round++) {
        const { id, members } = await made('group', 3);
        await store.change(
          organizationId,
          aChange(id, members[0], [members[1]], (current) => decideRole(changeRole, current, members[1], 'moderator')),
        );

        await Promise.all([leave(id, members[0]), leave(id, members[1])]);

        expect(await roleOf(id, members[2])).toBe('moderator');
      }
    });
  });

  it('gives who comes back a new period: what was said without them stays unseen, and nothing is unread', async () => {
    const { id, members } = await made('group', 2);
    const [alice, bob] = members;
    const change = (one: Change) =>
      store.change(
        organizationId,
        aChange(id, alice, [bob], () => [one]),
      );
    await change(removing(bob));
    await change({ kind: 'settings', body: { title: 'said without Bob' } });
    expect(await view(id, bob)).toBeUndefined();

    await change(adding([bob]));

    expect((await kinds(id, bob)).map(([seq]) => seq)).toEqual([1, 2, 4]);
    expect(await view(id, bob)).toMatchObject({ members: 2, read: 4, unread: 0 });
  });

  it('lists a person’s conversations in pages', async () => {
    const [alice] = people(1) as [UserId];
    const ids = [];
    for (let index = 0; index < 5; index++) {
      const conversation = aConversation('group', [alice]);
      await create(conversation);
      ids.push(conversation.id);
    }

    const first = await store.views(organizationId, alice, { after: '', limit: 3 });
    const second = await store.views(organizationId, alice, { after: first.at(-1)?.id ?? '', limit: 3 });

    expect([...first, ...second].map(({ id }) => id)).toEqual(ids.toSorted());
    expect(await store.views(newId<OrganizationId>(), alice, { after: '', limit: 3 })).toEqual([]);
  });
});
