import { type ConversationId, type EventId, newId, type OrganizationId, type UserId } from '@relais/kernel';
import { type MessagingDatabase, messagingDatabase } from '../../test/messaging-database.js';
import { aChange, aConversation, adding, people, seal } from '../../test/people.js';
import { PostgresConversationStore } from '../conversations/conversation-store.postgres.js';
import { PostgresContactStore } from './contact-store.postgres.js';
import type { Guard } from './contact-store.js';

describe('PostgresContactStore', () => {
  let organizationId: OrganizationId;
  let database: MessagingDatabase;
  let store: PostgresContactStore;
  let conversations: PostgresConversationStore;

  beforeAll(async () => {
    database = await messagingDatabase();
    store = new PostgresContactStore(database.db);
    conversations = new PostgresConversationStore(database.db);
  });
  afterAll(() => database.close());
  beforeEach(() => (organizationId = newId<OrganizationId>()));

  async function made(kind: 'direct' | 'group', members = people(2)) {
    const conversation = aConversation(kind, members, { contactVersion: await store.version(organizationId) });
    await conversations.create(organizationId, conversation, seal);
    return { id: conversation.id, members };
  }
  const add = (id: ConversationId, [actorId]: UserId[], guard?: Guard) => {
    const [comer] = people(1) as [UserId];
    const change = aChange(id, actorId as UserId, [comer], () => [adding([comer])]);
    return conversations.change(organizationId, { ...change, guard }).then(
      () => 'ok',
      (error: { code?: string }) => error.code,
    );
  };
  const begin = (eventId = newId<EventId>()) => store.begin(organizationId, eventId);

  it('lets a change pass while nothing it was decided from has changed', async () => {
    const { id, members } = await made('group');
    const { rulesVersion } = (await store.look(organizationId, id)) ?? {};

    expect(await add(id, members, { contactVersion: 0, rulesVersion: rulesVersion as number })).toBe('ok');
    expect(await add(id, members, { contactVersion: 0, rulesVersion: rulesVersion as number })).toBe(
      'conversation_busy',
    );
    expect(await add(id, members, { contactVersion: 0 })).toBe('ok');
    await begin();
    expect(await add(id, members, { contactVersion: 0 })).toBe('conversation_busy');
    expect(await add(id, members, { contactVersion: 1 })).toBe('ok');
  });

  it('makes no conversation that was decided on before a review began', async () => {
    await begin();
    const stale = aConversation('group', people(2));

    await expect(conversations.create(organizationId, stale, seal)).rejects.toMatchObject({
      code: 'conversation_busy',
    });
    expect(await conversations.existing(organizationId, stale)).toBeNull();
  });

  it('begins a review once, and goes on with it where it was left', async () => {
    const eventId = newId<EventId>();
    expect(await begin(eventId)).toBeNull();
    const { id } = await made('group');
    await store.advance(organizationId, eventId, id);

    expect(await begin(eventId)).toBe(id);
    expect(await store.version(organizationId)).toBe(1);
    await store.finish(organizationId, eventId);
    expect(await begin()).toBeNull();
    expect(await store.version(organizationId)).toBe(2);
  });

  it('waits with a review for those who are adding somebody at the moment, and then sees them', async () => {
    const { id, members } = await made('group');
    const seen: number[] = [];
    const comers = Array.from({ length: 20 }, () => add(id, members, { contactVersion: 0 }));
    const reviewed = begin().then(async () => seen.push((await store.look(organizationId, id))?.members.length ?? 0));
    const outcomes = await Promise.all(comers);
    await reviewed;

    const added = outcomes.filter((outcome) => outcome === 'ok').length;
    expect(outcomes.every((outcome) => outcome === 'ok' || outcome === 'conversation_busy')).toBe(true);
    expect(seen).toEqual([2 + added]);
  });

  it('finds open conversations, all or some, one page after the other', async () => {
    const [alice, bob] = people(2) as [UserId, UserId];
    const all = [];
    for (let number = 0; number < 5; number++) all.push((await made('group', [alice, ...people(1)])).id);
    const { id: withBob } = await made('group', [alice, bob]);
    const { id: direct } = await made('direct', [alice, bob]);
    const mute = aChange(direct, alice, [alice], () => [
      {
        kind: 'membership',
        body: { change: 'role', userIds: [alice], role: 'reader', reason: 'policy' },
        roles: [{ userId: alice, role: 'reader' }],
      },
    ]);
    await conversations.change(organizationId, mute);
    const closed = await made('group', [alice, bob]);
    await conversations.change(
      organizationId,
      aChange(closed.id, alice, [], () => [{ kind: 'closed', body: {} }]),
    );
    const find = async (scope: Parameters<typeof store.next>[1]) => {
      const found: ConversationId[] = [];
      for (let after: ConversationId | null = null; ;) {
        const page: { id: ConversationId }[] = await store.next(organizationId, scope, after, 2);
        found.push(...page.map(({ id }) => id));
        after = page.at(-1)?.id ?? null;
        if (page.length < 2) return found;
      }
    };

    expect(await find('all')).toEqual([...all, withBob, direct].toSorted());
    expect(await find([bob])).toEqual([withBob, direct].toSorted());
    expect(await find('muted')).toEqual([direct]);
    expect(await store.next(newId<OrganizationId>(), 'all', null, 10)).toEqual([]);
  });

  it('shows moderators first, then people in the order they came', async () => {
    const members = people(4);
    const { id } = await made('group', members);
    const look = await store.look(organizationId, id);

    expect(look?.members[0]).toEqual({ userId: members[0], role: 'moderator' });
    expect(look?.members.slice(1).map(({ userId }) => userId)).toEqual(members.slice(1).toSorted());
    expect(await store.look(newId<OrganizationId>(), id)).toBeNull();
  });
});
