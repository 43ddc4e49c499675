import {
  addMembers,
  appendEntry,
  changeRole,
  closeConversation,
  type Conversation,
  createConversation,
  listConversations,
  listEntries,
  listMembers,
  muteConversation,
  readConversation,
  readHeads,
  readMyHeads,
  removeMember,
  syncEntries,
  updateConversation,
} from '@relais/contracts';
import { type ConversationId, type EntryId, newId, type OrganizationId, type UserId } from '@relais/kernel';
import type { Person } from './directory.js';
import { tablesWith } from './leaks.js';
import { message } from './memory-log.js';
import { brief, World } from './world.js';

describe('conversations, asked for over the bus', () => {
  let world: World;
  let alice: Person;
  let bob: Person;
  let carol: Person;

  beforeAll(async () => {
    world = await World.open();
    await world.replica('one');
    [alice, bob, carol] = (await world.people(3)) as [Person, Person, Person];
  }, 60_000);
  afterAll(() => world?.close(), 30_000);

  const briefs = async (person: Person, { id }: Conversation) => (await world.log(person, id)).map(brief);

  describe('are made', () => {
    it('direct: one per pair, whoever asks', async () => {
      const conversation = await world.create('direct', [alice, bob], { title: 'not for pairs' });

      expect(conversation).toMatchObject({ kind: 'direct', title: '', head: 1, members: 2, my: { role: 'writer' } });
      const before = await tablesWith(world.keystore.name, conversation.id);
      const [again, andAgain] = [newId<ConversationId>(), newId<ConversationId>()];
      expect((await world.create('direct', [bob, alice], { id: again })).id).toBe(conversation.id);
      expect((await world.create('direct', [alice, bob], { id: andAgain })).id).toBe(conversation.id);
      expect(before).toEqual(['data_key']);
      expect(await tablesWith(world.keystore.name, again)).toEqual([]);
    });

    it('as groups and channels with a title, where the creator moderates', async () => {
      const group = await world.create('group', [alice, bob], { title: 'Night shift' });
      const channel = await world.create('channel', [alice, bob]);

      expect(group).toMatchObject({ title: 'Night shift', my: { role: 'moderator' } });
      expect(await world.ask(bob, readConversation, { conversationId: group.id })).toMatchObject({
        title: 'Night shift',
        my: { role: 'writer', unread: 0 },
      });
      expect((await world.ask(bob, readConversation, { conversationId: channel.id })).my.role).toBe('reader');
    });

    it('once, however often the same is asked', async () => {
      const input = { id: newId<ConversationId>(), kind: 'group' as const, memberIds: [bob.userId] };
      const first = await world.ask(alice, createConversation, input);

      expect(await world.ask(alice, createConversation, input)).toEqual(first);
      expect(await world.code(bob, createConversation, input)).toBe('conversation_id_reused');
    });

    it('with known people only: strangers and those of other organizations are refused', async () => {
      const other = await world.person(newId<OrganizationId>());
      const with_ = (...memberIds: UserId[]) => ({ id: newId<ConversationId>(), kind: 'group' as const, memberIds });

      expect(await world.code(alice, createConversation, with_(newId()))).toBe('user_not_found');
      expect(await world.code(alice, createConversation, with_(bob.userId, other.userId))).toBe('user_not_found');
      for (const memberIds of [[], [alice.userId], [bob.userId, carol.userId]])
        expect(await world.code(alice, createConversation, { ...with_(...memberIds), kind: 'direct' })).toBe(
          'direct_needs_one_other',
        );
    });
  });

  describe('have a log', () => {
    it('that takes messages, edits, reactions and deletions, and is read in both directions', async () => {
      const group = await world.create('group', [alice, bob]);
      const { id } = group;
      const first = await world.say(alice, id, 'first');
      const second = await world.say(bob, id, 'second');
      await world.change(alice, id, { kind: 'edit', body: { target: first.id, text: 'first, better' } });
      await world.change(bob, id, { kind: 'reaction', body: { target: first.id, emoji: '👍' } });
      await world.change(alice, id, { kind: 'deletion', body: { target: second.id } });

      expect(await briefs(bob, group)).toEqual([
        '1 membership',
        '2 message first',
        '3 message gone',
        '4 edit first, better',
        '5 reaction',
        '6 deletion',
      ]);
      const page = (more: object) => world.ask(bob, listEntries, { conversationId: id, limit: 2, ...more });
      const seqs = async (more: object) => (await page(more)).entries.map(({ seq }) => seq);
      expect(await seqs({})).toEqual([5, 6]);
      expect(await seqs({ before: 5 })).toEqual([3, 4]);
      expect(await seqs({ after: 1 })).toEqual([2, 3]);
      expect(await page({ after: 1 })).toMatchObject({ head: 6, upTo: 3 });
      expect(await page({ after: 5 })).toMatchObject({ head: 6, upTo: 6 });
      expect(await world.code(bob, listEntries, { conversationId: id, after: 1, before: 3 })).toBe('invalid_request');
    });

    it('that gives the first result to whoever sends the same again', async () => {
      const { id } = await world.create('group', [alice, bob]);
      const command = message(id, 'once');
      const receipt = await world.ask(alice, appendEntry, command);

      expect(receipt).toMatchObject({ conversationId: id, id: command.id, seq: 2, replayed: false });
      expect(await world.ask(alice, appendEntry, command)).toEqual({ ...receipt, replayed: true });
      expect(await world.code(alice, appendEntry, message(id, 'twice', { id: command.id }))).toBe('entry_id_reused');
      expect(await world.code(bob, appendEntry, command)).toBe('entry_id_reused');
    });

    it('that ends when it is closed, and stays readable', async () => {
      const group = await world.create('group', [alice, bob]);
      const { id: conversationId } = group;
      const sent = message(conversationId, 'last words');
      await world.ask(bob, appendEntry, sent);

      expect(await world.code(bob, closeConversation, { conversationId })).toBe('may_not_moderate');
      await world.ask(alice, closeConversation, { conversationId });

      expect(await world.code(bob, appendEntry, message(conversationId))).toBe('conversation_closed');
      expect(await world.ask(bob, appendEntry, sent)).toMatchObject({ seq: 2, replayed: true });
      expect(await world.code(alice, updateConversation, { conversationId, title: 'x' })).toBe('conversation_closed');
      expect(await world.code(alice, addMembers, { conversationId, userIds: [carol.userId] })).toBe(
        'conversation_closed',
      );
      expect(await briefs(bob, group)).toEqual(['1 membership', '2 message last words', '3 closed']);
      expect((await world.ask(bob, readConversation, { conversationId })).closed).toBe(true);
    });

    it('that forgets what was to disappear', async () => {
      const group = await world.create('group', [alice, bob], { messageTtlSeconds: 3_600 });
      const { id } = group;
      await world.say(alice, id, 'gone in an hour');
      const short = await world.say(alice, id, 'gone in a second', { ttlSeconds: 1 });
      await world.change(alice, id, { kind: 'edit', body: { target: short.id, text: 'gone as soon' } });
      const [, hour, second, edit] = await world.log(bob, id);

      const life = (entry: typeof hour) =>
        entry && 'expiresAt' in entry ? Date.parse(entry.expiresAt ?? '') - Date.parse(entry.recordedAt) : 0;
      expect([life(hour), life(second)]).toEqual([3_600_000, 1_000]);
      expect(edit && 'expiresAt' in edit && edit.expiresAt).toBe(second && 'expiresAt' in second && second.expiresAt);
      while ((await briefs(bob, group))[2] !== '3 message gone')
        await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await briefs(bob, group)).toEqual([
        '1 membership',
        '2 message gone in an hour',
        '3 message gone',
        '4 edit gone',
      ]);
    });
  });

  describe('are brought up to date', () => {
    it('by heads: only what is new, how far it goes, and what is over', async () => {
      const [dave] = (await world.people(1)) as [Person];
      const [a, b, c] = [
        await world.create('group', [alice, dave]),
        await world.create('group', [alice, dave]),
        await world.create('group', [alice, dave]),
      ];
      await world.say(alice, a.id, 'one');
      await world.say(alice, a.id, 'two');
      await world.ask(alice, removeMember, { conversationId: c.id, userId: dave.userId });
      const elsewhere = newId<ConversationId>();

      const answer = await world.ask(dave, syncEntries, {
        heads: [
          [a.id, 2],
          [c.id, 1],
          [elsewhere, 4],
        ],
      });

      const changed = new Map(
        answer.changed.map(({ conversationId, entries, ...rest }) => [
          conversationId,
          { ...rest, entries: entries.map(brief) },
        ]),
      );
      expect(changed).toEqual(
        new Map([
          [a.id, { head: 3, upTo: 3, entries: ['3 message two'] }],
          [b.id, { head: 1, upTo: 1, entries: ['1 membership'] }],
        ]),
      );
      expect(answer.gone.toSorted()).toEqual([c.id, elsewhere].toSorted());
      expect(answer.more).toBe(false);
      expect(await world.ask(dave, syncEntries, { heads: [[a.id, 3], [b.id, 1]] })).toEqual({ changed: [], gone: [], more: false }); // prettier-ignore
    });

    it('page by page, until there is no more', async () => {
      const [dave] = (await world.people(1)) as [Person];
      const groups = await Promise.all(Array.from({ length: 12 }, () => world.create('group', [dave])));
      await Promise.all(
        groups.flatMap(({ id }) => Array.from({ length: 99 }, (_, index) => world.say(dave, id, `line ${index}`))),
      );
      const heads = new Map<ConversationId, number>();
      const seen = new Map<ConversationId, number[]>();

      let rounds = 0;
      for (let more = true; more; rounds++) {
        const answer = await world.ask(dave, syncEntries, { heads: [...heads] });
        for (const { conversationId, upTo, entries } of answer.changed) {
          heads.set(conversationId, upTo);
          seen.set(conversationId, [...(seen.get(conversationId) ?? []), ...entries.map(({ seq }) => seq)]);
        }
        more = answer.more;
      }

      expect(rounds).toBe(2);
      for (const { id } of groups) expect(seen.get(id)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    });

    it('and tell heads to their people and to gateways', async () => {
      const [dave, erin] = (await world.people(2)) as [Person, Person];
      const direct = await world.create('direct', [dave, erin]);

      expect(await world.ask(dave, readMyHeads, {})).toEqual({
        heads: [{ conversationId: direct.id, head: 1, direct: true }],
      });
      const { organizationId } = world;
      const conversationIds = [direct.id, newId<ConversationId>()];
      expect(await world.ask(dave, readHeads, { organizationId, conversationIds })).toEqual({
        heads: [[direct.id, 1]],
      });
      const other = { organizationId: newId<OrganizationId>(), conversationIds };
      expect(await world.ask(dave, readHeads, other)).toEqual({ heads: [] });
    });
  });

  describe('have members', () => {
    it('who see what was said while they were in', async () => {
      const group = await world.create('group', [alice, bob]);
      const { id: conversationId } = group;
      await world.say(alice, conversationId, 'before Carol');
      await world.ask(alice, addMembers, { conversationId, userIds: [carol.userId, bob.userId] });
      await world.say(alice, conversationId, 'with Carol');
      await world.ask(carol, removeMember, { conversationId, userId: carol.userId });
      expect(await world.code(carol, listEntries, { conversationId })).toBe('conversation_not_found');
      expect(await world.code(carol, appendEntry, message(conversationId))).toBe('conversation_not_found');
      await world.say(alice, conversationId, 'without Carol');
      await world.ask(alice, addMembers, { conversationId, userIds: [carol.userId] });
      await world.say(alice, conversationId, 'Carol is back');

      expect(await briefs(carol, group)).toEqual([
        '3 membership',
        '4 message with Carol',
        '5 membership',
        '7 membership',
        '8 message Carol is back',
      ]);
      const first = await world.ask(carol, listEntries, { conversationId, after: 5, limit: 1 });
      expect(first).toMatchObject({ head: 8, upTo: 7 });
      await world.ask(alice, updateConversation, { conversationId, sharesHistory: true });
      expect(await briefs(carol, group)).toHaveLength(9);
    });

    it('whose roles decide what they may do, at once', async () => {
      const { id: conversationId } = await world.create('channel', [alice, bob]);
      const to = (role: 'reader' | 'writer' | 'moderator') =>
        world.ask(alice, changeRole, { conversationId, userId: bob.userId, role });
      const bobSays = () => world.code(bob, appendEntry, message(conversationId));

      expect(await bobSays()).toBe('may_not_write');
      await to('writer');
      expect(await bobSays()).toBe('ok');
      await to('reader');
      expect(await bobSays()).toBe('may_not_write');
      const self = { conversationId, userId: alice.userId, role: 'reader' } as const;
      expect(await world.code(alice, changeRole, self)).toBe('last_moderator');
      await world.ask(alice, removeMember, { conversationId, userId: alice.userId });
      expect((await world.ask(bob, readConversation, { conversationId })).my.role).toBe('moderator');
    });

    it('listed page by page', async () => {
      const everyone = await world.people(5);
      const { id: conversationId } = await world.create('group', [alice, ...everyone]);

      const first = await world.ask(alice, listMembers, { conversationId, limit: 4 });
      const rest = await world.ask(alice, listMembers, { conversationId, limit: 4, cursor: first.next });

      const all = [...first.items, ...rest.items].map(({ userId }) => userId);
      expect(all).toEqual([alice, ...everyone].map(({ userId }) => userId).toSorted());
      expect(rest.next).toBeUndefined();
      expect(await world.code(carol, listMembers, { conversationId })).toBe('conversation_not_found');
    });

    it('of pairs stay as they are', async () => {
      const { id: conversationId } = await world.create('direct', [alice, bob]);

      expect(await world.code(alice, addMembers, { conversationId, userIds: [carol.userId] })).toBe('direct_is_fixed');
      expect(await world.code(alice, removeMember, { conversationId, userId: bob.userId })).toBe('direct_is_fixed');
      expect(await world.code(alice, removeMember, { conversationId, userId: alice.userId })).toBe('direct_is_fixed');
    });
  });

  it('are listed page by page, and muted for oneself', async () => {
    const [dave] = (await world.people(1)) as [Person];
    const made: ConversationId[] = [];
    for (let index = 0; index < 3; index++)
      made.push((await world.create('group', [dave], { title: `No. ${index}` })).id);
    const [conversationId] = made as [ConversationId];
    await world.ask(dave, muteConversation, { conversationId, until: '2030-01-01T00:00:00Z' });

    const first = await world.ask(dave, listConversations, { limit: 2 });
    const rest = await world.ask(dave, listConversations, { limit: 2, cursor: first.next });

    const all = [...first.items, ...rest.items];
    expect(all.map(({ id, title }) => [id, title])).toEqual(
      made.toSorted().map((id) => [id, `No. ${made.indexOf(id)}`]),
    );
    expect(all.filter(({ my }) => my.mutedUntil).map(({ id, my }) => [id, my.mutedUntil])).toEqual([
      [conversationId, '2030-01-01T00:00:00.000Z'],
    ]);
  });

  it('do not exist for other organizations', async () => {
    const { id: conversationId } = await world.create('group', [alice, bob]);
    const { id: target } = await world.say(alice, conversationId, 'ours');
    const mallory = await world.person(newId<OrganizationId>());
    const { userId } = mallory;

    const codes = await Promise.all([
      world.code(mallory, readConversation, { conversationId }),
      world.code(mallory, listEntries, { conversationId }),
      world.code(mallory, appendEntry, message(conversationId)),
      world.code(mallory, appendEntry, { conversationId, id: newId<EntryId>(), kind: 'deletion', body: { target } }),
      world.code(mallory, listMembers, { conversationId }),
      world.code(mallory, addMembers, { conversationId, userIds: [userId] }),
      world.code(mallory, removeMember, { conversationId, userId: bob.userId }),
      world.code(mallory, changeRole, { conversationId, userId: bob.userId, role: 'reader' }),
      world.code(mallory, updateConversation, { conversationId, title: 'mine' }),
      world.code(mallory, closeConversation, { conversationId }),
      world.code(mallory, muteConversation, { conversationId, until: null }),
    ]);

    expect(codes).toEqual(codes.map(() => 'conversation_not_found'));
    expect((await world.ask(mallory, syncEntries, { heads: [[conversationId, 0]] })).gone).toEqual([conversationId]);
  });

  it.each(['-'.repeat(36), 'x', '0'.repeat(36), "' OR 1=1"])('refuse the cursor %j', async (cursor) => {
    const { id: conversationId } = await world.create('group', [alice]);

    expect(await world.code(alice, listConversations, { cursor })).toBe('invalid_request');
    expect(await world.code(alice, listMembers, { conversationId, cursor })).toBe('invalid_request');
  });
});
