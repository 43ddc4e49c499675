import { jetstream } from '@nats-io/jetstream';
import {
  addMembers,
  appendEntry,
  contactsChanged,
  type Entry,
  listConversations,
  listEntries,
  listMembers,
  live,
  type LiveEvent,
  readConversation,
  updateConversation,
} from '@relais/contracts';
import { withOrganization } from '@relais/database';
import { AppError, type ConversationId, type EventId, newId, type UserId } from '@relais/kernel';
import type { DataSource } from 'typeorm';
import type { Person } from './directory.js';
import { message } from './memory-log.js';
import { connect } from './messaging-database.js';
import { until } from './until.js';
import { World } from './world.js';

type Membership = Extract<Entry, { kind: 'membership' }>;

describe('people who may not meet', () => {
  let world: World;
  let db: DataSource;
  let anna: Person;
  let arno: Person;
  let ben: Person;
  let bert: Person;

  beforeAll(async () => {
    world = await World.open();
    await world.replica('one');
    db = await connect(world.database.appUrl, 2);
  }, 60_000);
  afterAll(async () => {
    await db?.destroy();
    await world?.close();
  }, 30_000);
  beforeEach(async () => {
    world.directory.pools = undefined;
    [anna, arno, ben, bert] = (await world.people(4)) as [Person, Person, Person, Person];
  });

  /** From now on, people of these groups meet within their group only. */
  const part = (...groups: Person[][]) =>
    (world.directory.pools = new Map(
      groups.flatMap((group, index) => group.map(({ userId }) => [userId, `${index}`])),
    ));
  const ids = (...people: (Person | undefined)[]): UserId[] => people.map((person) => (person as Person).userId);
  const tell = async (affected: 'all' | UserId[], id = newId<EventId>()) => {
    const data = { id, organizationId: world.organizationId, affected };
    await jetstream(world.auth.nats).publish(contactsChanged.subject, JSON.stringify(data));
    return id;
  };
  /** The number of reviews that were begun and not ended, and of those begun at all. */
  const reviews = () =>
    withOrganization(db, world.organizationId, async (tx) => {
      const [row] = (await tx.query(
        `SELECT (SELECT count(*)::int FROM contact_review) AS open, coalesce((SELECT v.version FROM contact_version v), 0)::int AS begun`,
      )) as { open: number; begun: number }[];
      return row as { open: number; begun: number };
    });
  const review = async (affected: 'all' | UserId[] = 'all', id?: EventId) => {
    const { begun } = await reviews();
    await tell(affected, id);
    await until(async () => {
      const now = await reviews();
      return now.begun > begun && now.open === 0;
    }, 'the review');
  };
  const refusalOf = (asked: Promise<unknown>) =>
    asked.then(
      () => undefined,
      (error: unknown) => ({ code: AppError.from(error).code, details: AppError.from(error).details }),
    );
  const memberships = async (person: Person, id: ConversationId) =>
    (await world.log(person, id)).filter((entry): entry is Membership => entry.kind === 'membership');
  const present = async (person: Person, conversationId: ConversationId) =>
    (await world.ask(person, listMembers, { conversationId })).items.map(({ userId }) => userId);
  const heardBy = ({ userId }: Person, id: ConversationId) =>
    world.heard.flatMap(([subject, event]) =>
      subject === live.user(world.organizationId, userId) && event.type === 'entry' && event.entry.conversationId === id
        ? [(event as Extract<LiveEvent, { type: 'entry' }>).entry]
        : [],
    );

  it('are not brought together: who is in the way is named', async () => {
    part([anna, arno], [ben, bert]);
    const create = (kind: 'direct' | 'group' | 'channel', ...people: Person[]) => refusalOf(world.create(kind, people));
    const refused = { code: 'contact_not_allowed', details: { userIds: ids(ben) } };

    expect(await create('direct', anna, ben)).toEqual(refused);
    expect(await create('group', anna, arno, ben)).toEqual(refused);
    expect(await create('channel', anna, ben)).toEqual(refused);
    expect(await create('group', anna, arno)).toBeUndefined();
    const { id } = await world.create('group', [anna]);
    const add = (...people: Person[]) =>
      refusalOf(world.ask(anna, addMembers, { conversationId: id, userIds: ids(...people) }));
    expect(await add(arno, ben)).toEqual(refused);
    expect(await add(arno)).toBeUndefined();
  });

  it('are kept apart also by somebody who may write to both', async () => {
    const [boss] = (await world.people(1)) as [Person];
    world.directory.administrator = boss.userId;
    part([anna], [ben]);
    const { id } = await world.create('group', [boss, anna]);

    const add = world.ask(boss, addMembers, { conversationId: id, userIds: ids(ben) });
    expect(await refusalOf(add)).toEqual({ code: 'contact_not_allowed', details: { userIds: ids(ben) } });
    const create = world.create('group', [boss, anna, ben]);
    expect(await refusalOf(create)).toEqual({ code: 'contact_not_allowed', details: { userIds: ids(ben) } });
    for (const one of [anna, ben]) expect(await refusalOf(world.create('direct', [boss, one]))).toBeUndefined();
  });

  it('are told nothing about conversations they are not in', async () => {
    const { id } = await world.create('group', [ben, bert]);
    part([anna, arno], [ben, bert]);

    const add = world.ask(anna, addMembers, { conversationId: id, userIds: ids(arno) });
    expect((await refusalOf(add))?.code).toBe('conversation_not_found');
  });

  it('are taken out of what they share, with a line that says why, and see nothing after it (A-43)', async () => {
    const { id } = await world.create('group', [anna, arno, ben, bert]);
    part([anna, arno], [ben, bert]);
    await review();
    await world.say(anna, id, 'among ourselves');

    const lines = await memberships(anna, id);
    expect(lines.at(-1)).toMatchObject({
      body: { change: 'removed', userIds: expect.arrayContaining(ids(ben, bert)), reason: 'policy' },
    });
    expect(new Set(await present(anna, id))).toEqual(new Set(ids(anna, arno)));
    const removedAt = lines.at(-1)?.seq as number;
    await until(() => heardBy(ben, id).some(({ seq }) => seq === removedAt), 'the line that says it');
    await world.gateway.nats.flush();
    expect(heardBy(ben, id).filter(({ seq }) => seq > removedAt)).toEqual([]);
    expect(await world.code(ben, appendEntry, message(id, 'still here?'))).toBe('conversation_not_found');
    const seen = await world.ask(ben, listEntries, { conversationId: id, after: 0 }).catch(() => ({ entries: [] }));
    expect(seen.entries.filter(({ seq }) => seq > removedAt)).toEqual([]);
    expect((await world.ask(ben, listConversations, {})).items).toEqual([]);
  });

  it('can write to each other no more in a direct conversation, in no way, until they may again', async () => {
    const { id } = await world.create('direct', [anna, ben]);
    const { id: said } = await world.say(anna, id, 'hello');
    part([anna], [ben]);
    await review();

    const [last] = (await memberships(anna, id)).slice(-1);
    expect(last).toMatchObject({ body: { change: 'role', userIds: ids(anna, ben).toSorted(), reason: 'policy' } });
    for (const person of [anna, ben]) {
      expect(await world.code(person, appendEntry, message(id, 'psst'))).toBe('may_not_write');
      const reaction = { kind: 'reaction' as const, body: { target: said, emoji: '👀' } };
      expect((await refusalOf(world.change(person, id, reaction)))?.code).toBe('may_not_write');
      const retitled = { conversationId: id, messageTtlSeconds: 77 };
      expect(await world.code(person, updateConversation, retitled)).toBe('may_not_moderate');
      expect((await world.log(person, id)).filter(({ kind }) => kind === 'message')).toHaveLength(1);
    }
    expect((await refusalOf(world.create('direct', [ben, anna])))?.code).toBe('contact_not_allowed');

    world.directory.pools = undefined;
    await review();
    await world.say(ben, id, 'hello again');
    expect((await world.ask(anna, readConversation, { conversationId: id })).my.role).toBe('writer');
  });

  it('may write again as soon as one opens the conversation again, before any review', async () => {
    const { id } = await world.create('direct', [anna, ben]);
    part([anna], [ben]);
    await review();
    world.directory.pools = undefined;

    expect(await world.create('direct', [ben, anna])).toMatchObject({ id, my: { role: 'writer' } });
    await world.say(anna, id, 'hello again');
  });

  it('who was moved goes, rather than those who were there, and a moderator is left', async () => {
    const { id } = await world.create('group', [anna, arno, ben]);
    part([arno, ben], [anna]);
    await review(ids(anna));

    expect(new Set(await present(arno, id))).toEqual(new Set(ids(arno, ben)));
    const lines = (await memberships(arno, id)).map(({ body }) => [body.change, body.userIds, body.reason]);
    expect(lines.slice(-2)).toEqual([
      ['removed', ids(anna), 'policy'],
      ['role', [expect.any(String)], undefined],
    ]);
    const { items } = await world.ask(arno, listMembers, { conversationId: id });
    expect(items.filter(({ role }) => role === 'moderator')).toHaveLength(1);
  });

  it('are looked at again once per event, and nothing is written where all is well', async () => {
    const { id } = await world.create('group', [anna, arno]);
    const { id: mixed } = await world.create('group', [anna, ben]);
    part([anna, arno], [ben]);
    const event = newId<EventId>();
    await review(ids(ben), event);
    const before = await Promise.all([world.log(anna, id), world.log(anna, mixed)]);
    await review(ids(ben), event).catch(() => undefined);
    await review();

    expect(await Promise.all([world.log(anna, id), world.log(anna, mixed)])).toEqual(before);
    expect(before[1]?.filter(({ kind }) => kind === 'membership')).toHaveLength(2);
  }, 30_000);

  it('are found in many conversations, batch after batch', async () => {
    const made: ConversationId[] = [];
    for (let number = 0; number < 230; number += 23)
      made.push(
        ...(await Promise.all(Array.from({ length: 23 }, () => world.create('group', [anna, ben])))).map(
          ({ id }) => id,
        ),
      );
    part([anna], [ben]);
    await review();

    expect(made).toHaveLength(230);
    for (const id of made) expect(await present(anna, id)).toEqual(ids(anna));
  }, 60_000);

  it('do not slip in while the rules change: whoever comes in meanwhile is decided on again or taken out', async () => {
    const { id } = await world.create('group', [anna]);
    const comers = await world.people(12);
    const adding = comers.map((person) => world.code(anna, addMembers, { conversationId: id, userIds: ids(person) }));
    part([anna], comers);
    await review();
    await Promise.all(adding);

    expect(await present(anna, id)).toEqual(ids(anna));
  });
});
