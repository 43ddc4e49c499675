import { jetstreamManager } from '@nats-io/jetstream';
import { connectNats } from '@relais/bus';
import {
  addMembers,
  advanceMarks,
  appendEntry,
  type EntriesAppended,
  entriesAppended,
  listMembers,
  live,
  type LiveEvent,
  readConversation,
  readMyHeads,
  removeMember,
  updateConversation,
  userRemoved,
} from '@relais/contracts';
import { withOrganization } from '@relais/database';
import { type ConversationId, type EntryId, type EventId, newId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import type { DataSource } from 'typeorm';
import type { Person } from './directory.js';
import { holds, tablesWith } from './leaks.js';
import { message } from './memory-log.js';
import { connect } from './messaging-database.js';
import type { Replica } from './replica.js';
import { until } from './until.js';
import { brief, World } from './world.js';

/** What is told about a conversation; alarms and notices of accounts are of none. */
function conversationOf(event: LiveEvent): ConversationId | undefined {
  if (event.type === 'entry') return event.entry.conversationId;
  return 'conversationId' in event ? event.conversationId : undefined;
}

describe('what messaging tells', () => {
  let world: World;
  let replica: Replica;
  let alice: Person;
  let bob: Person;
  let carol: Person;

  beforeAll(async () => {
    world = await World.open();
    replica = await world.replica('one');
    [alice, bob, carol] = (await world.people(3)) as [Person, Person, Person];
  }, 60_000);
  afterAll(() => world?.close(), 30_000);

  const onUser = ({ userId }: Person) => live.user(world.organizationId, userId);
  const onConversation = (id: ConversationId) => live.conversation(world.organizationId, id);

  /** What was heard about a conversation, once the answers and events so far have arrived. */
  async function heard<Type extends LiveEvent['type']>(type: Type, id: ConversationId) {
    await world.ask(alice, readMyHeads, {});
    await world.gateway.nats.flush();
    return world.heard.flatMap(([subject, event]) => {
      return event.type === type && conversationOf(event) === id
        ? [[subject, event as Extract<LiveEvent, { type: Type }>] as const]
        : [];
    });
  }
  const entriesOn = async (id: ConversationId) =>
    (await heard('entry', id)).map(([subject, { entry }]) => [subject, brief(entry)]);

  describe('to who is online', () => {
    it('goes to the two people of a direct conversation, with the content', async () => {
      const dave = await world.person();
      const { id } = await world.create('direct', [alice, dave]);
      await world.say(alice, id, 'hello');

      expect(new Set(await entriesOn(id))).toEqual(
        new Set(['1 membership', '2 message hello'].flatMap((line) => [[onUser(alice), line], [onUser(dave), line]])), // prettier-ignore
      );
    });

    it('goes to the conversation once, and to who comes and goes', async () => {
      const { id } = await world.create('group', [alice, bob]);
      await world.say(alice, id, 'hello');
      await world.ask(alice, addMembers, { conversationId: id, userIds: [carol.userId] });
      await world.ask(alice, removeMember, { conversationId: id, userId: carol.userId });
      await world.ask(alice, updateConversation, { conversationId: id, title: 'new' });

      expect(await entriesOn(id)).toEqual([
        [onUser(alice), '1 membership'],
        [onUser(bob), '1 membership'],
        [onConversation(id), '1 membership'],
        [onConversation(id), '2 message hello'],
        [onUser(carol), '3 membership'],
        [onConversation(id), '3 membership'],
        [onUser(carol), '4 membership'],
        [onConversation(id), '4 membership'],
        [onConversation(id), '5 settings'],
      ]);
    });

    it('is nothing of what was refused, and a repeated entry once more', async () => {
      const { id } = await world.create('group', [alice, bob]);
      const command = message(id, 'again');
      await world.ask(alice, appendEntry, command);
      await world.code(carol, appendEntry, message(id, 'from outside'));
      await world.code(bob, appendEntry, message(id, 'other', { id: command.id }));
      await world.ask(alice, appendEntry, command);

      const lines = (await entriesOn(id)).filter(([subject]) => subject === onConversation(id)).map(([, line]) => line);
      expect(lines).toEqual(['1 membership', '2 message again', '2 message again']);
    });

    it('is told after the commit, never before', async () => {
      const { id } = await world.create('group', [alice]);
      const db: DataSource = await connect(world.database.appUrl, 4);
      const found: Promise<boolean>[] = [];
      const subscription = world.gateway.nats.subscribe(onConversation(id), {
        callback: (_, told) => {
          const { entry } = told.json<Extract<LiveEvent, { type: 'entry' }>>();
          const isThere = withOrganization(db, world.organizationId, async (tx) => {
            const rows: unknown[] = await tx.query('SELECT 1 FROM entry e WHERE e.id = $1', [entry.id]);
            return rows.length === 1;
          });
          found.push(isThere);
        },
      });
      await world.gateway.nats.flush();

      await Promise.all(Array.from({ length: 30 }, (_, index) => world.say(alice, id, `line ${index}`)));

      await until(() => found.length === 30, 'every line');
      subscription.unsubscribe();
      expect(await Promise.all(found)).toEqual(found.map(() => true));
      await db.destroy();
    });
  });

  describe('of how far people have come', () => {
    const advance = (person: Person, conversationId: ConversationId, marks: { delivered?: number; read?: number }) =>
      world.ask(person, advanceMarks, { marks: [{ conversationId, ...marks }] });
    const marksSeen = async (id: ConversationId) => {
      const { items } = await world.ask(alice, listMembers, { conversationId: id });
      const { delivered, read } = items.find(({ userId }) => userId === bob.userId) ?? {};
      return { delivered, read };
    };
    const receiptsOn = async (id: ConversationId) =>
      (await heard('receipt', id)).map(([subject, { delivered, read }]) => [subject, delivered, read]);
    const restart = async (level: string) => {
      await replica.close();
      replica = await world.replica(`sharing-${level}`, { SHARE_RECEIPTS: level });
    };

    it('tells nobody but themselves, unless the organization turns it on', async () => {
      const { id } = await world.create('direct', [alice, bob]);
      await world.say(alice, id, 'read this');
      expect((await world.ask(bob, readConversation, { conversationId: id })).my).toMatchObject({ unread: 1, read: 1 });

      await advance(bob, id, { read: 2 });
      await advance(bob, id, { read: 1 });
      await advance(carol, id, { read: 2 });

      expect((await world.ask(bob, readConversation, { conversationId: id })).my).toMatchObject({ unread: 0, read: 2 });
      expect(await receiptsOn(id)).toEqual([[onUser(bob), 2, 2]]);
      expect(await marksSeen(id)).toEqual({ delivered: 0, read: 0 });
    });

    it('tells what was received, where that is shared', async () => {
      await restart('delivered');
      const { id } = await world.create('group', [alice, bob]);
      await world.say(alice, id, 'read this');

      await advance(bob, id, { delivered: 2, read: 1 });
      await advance(bob, id, { read: 2 });

      expect(await receiptsOn(id)).toEqual([[onUser(bob), 2, 1], [onConversation(id), 2, 0], [onUser(bob), 2, 2]]); // prettier-ignore
      expect(await marksSeen(id)).toEqual({ delivered: 2, read: 0 });
    }, 20_000);

    it('tells what was read, where that is shared, but never in channels', async () => {
      await restart('read');
      const group = await world.create('group', [alice, bob]);
      const channel = await world.create('channel', [alice, bob]);

      for (const { id } of [group, channel]) {
        await world.say(alice, id, 'read this');
        await advance(bob, id, { read: 2 });
      }

      expect(await receiptsOn(group.id)).toEqual([[onUser(bob), 2, 2], [onConversation(group.id), 2, 2]]); // prettier-ignore
      expect(await receiptsOn(channel.id)).toEqual([[onUser(bob), 2, 2]]);
      expect(await marksSeen(group.id)).toEqual({ delivered: 2, read: 2 });
    }, 20_000);
  });

  describe('for good', () => {
    /** Everything in the stream, as somebody who may read it all. */
    async function stream(): Promise<{ subject: string; text: string }[]> {
      const { url, seedOf } = world.nats;
      const admin = await connectNats({
        url,
        service: 'admin',
        replica: 'one',
        nkeySeed: seedOf('admin'),
        log: silentLog,
      });
      const manager = await jetstreamManager(admin.nats);
      const { state } = await manager.streams.info('EVENTS');
      const all = [];
      for (let seq = 1; seq <= state.last_seq; seq++) {
        const stored = await manager.streams.getMessage('EVENTS', { seq });
        if (stored) all.push({ subject: stored.subject, text: `${JSON.stringify(stored.header)} ${stored.string()}` });
      }
      await admin.close();
      return all;
    }
    const appendedTo = async (id: ConversationId): Promise<EntriesAppended['entries']> =>
      (await stream())
        .filter(({ subject }) => subject === entriesAppended.subject)
        .flatMap(({ text }) => entriesAppended.data.parse(JSON.parse(text.slice(text.indexOf('{"id"')))).entries)
        .filter(({ conversationId }) => conversationId === id);

    it('names the entries and who is to be notified, in the order of the log', async () => {
      const group = await world.create('group', [alice, bob]);
      const direct = await world.create('direct', [alice, carol]);
      await world.say(alice, group.id, 'hello', { mentions: [bob.userId, carol.userId, alice.userId] });
      await world.say(alice, group.id, 'all');
      await world.say(carol, direct.id, 'you');
      await until(async () => (await appendedTo(direct.id)).length === 2 && (await appendedTo(group.id)).length === 3);

      const told = (await appendedTo(group.id)).map(({ seq, kind, notify, notifyAll }) => [
        seq,
        kind,
        notify,
        notifyAll,
      ]);
      expect(told).toEqual([
        [1, 'membership', [], false],
        [2, 'message', [bob.userId], true],
        [3, 'message', [], true],
      ]);
      expect((await appendedTo(direct.id)).at(-1)).toMatchObject({ notify: [alice.userId], notifyAll: false });
    }, 20_000);

    it('holds no word of what was said, neither in the stream nor in any table', async () => {
      const canary = `canary ${newId<EntryId>()} sings`;
      const { id } = await world.create('group', [alice, bob], { title: `title ${canary}` });
      const { id: target } = await world.say(alice, id, `message ${canary}`);
      await world.change(alice, id, { kind: 'edit', body: { target, text: `edit ${canary}` } });
      await world.change(bob, id, { kind: 'reaction', body: { target, emoji: canary } });
      await world.ask(alice, updateConversation, { conversationId: id, title: `other ${canary}` });
      await until(async () => (await appendedTo(id)).length === 5, 'the durable event');

      expect((await world.log(bob, id)).filter((entry) => JSON.stringify(entry).includes(canary))).toHaveLength(4);
      expect((await stream()).filter(({ text }) => holds(text, canary))).toEqual([]);
      expect(await tablesWith(world.database.name, canary)).toEqual([]);
      expect(await tablesWith(world.keystore.name, canary)).toEqual([]);
      expect(await tablesWith(world.database.name, alice.userId)).toContain('entry');
    }, 20_000);

    it('is heard as well: who is removed from the organization is out of all conversations', async () => {
      const dave = await world.person();
      const direct = await world.create('direct', [alice, dave]);
      const group = await world.create('group', [dave, bob, alice]);
      const closing = await world.create('group', [alice, dave]);
      const event = { id: newId<EventId>(), organizationId: world.organizationId, userId: dave.userId };

      for (let time = 0; time < 2; time++) world.auth.nats.publish(userRemoved.subject, JSON.stringify(event));

      await until(async () => (await world.ask(dave, readMyHeads, {})).heads.length === 0, 'leaving');
      expect((await world.log(alice, direct.id)).map(brief)).toEqual(['1 membership', '2 membership']);
      expect((await world.log(alice, closing.id)).map(brief)).toEqual(['1 membership', '2 membership']);
      expect((await world.log(bob, group.id)).map(({ body }) => body)).toMatchObject([
        { change: 'added' },
        { change: 'left', userIds: [dave.userId] },
        { change: 'role', role: 'moderator' },
      ]);
      expect(await world.code(dave, appendEntry, message(direct.id))).toBe('conversation_not_found');
    }, 20_000);
  });
});
