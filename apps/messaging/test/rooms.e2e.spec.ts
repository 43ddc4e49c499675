import { jetstream } from '@nats-io/jetstream';
import { appendEntry, contactsChanged, keepRoom, readConversation, removeMember } from '@relais/contracts';
import {
  type ConversationId,
  type EntryId,
  type EventId,
  newId,
  type OrganizationId,
  type UserId,
} from '@relais/kernel';
import type { z } from 'zod';
import type { Person } from './directory.js';
import { message } from './memory-log.js';
import { until } from './until.js';
import { World } from './world.js';

type Wish = Partial<z.input<typeof keepRoom.input>>;

describe('a room that belongs to an alarm', () => {
  let world: World;
  let alice: Person;
  let bob: Person;
  let carol: Person;

  beforeAll(async () => {
    world = await World.open();
    await world.replica('one');
  }, 60_000);
  afterAll(() => world?.close(), 30_000);
  beforeEach(async () => {
    world.directory.pools = undefined;
    [alice, bob, carol] = (await world.people(3)) as [Person, Person, Person];
  });

  const keep = (conversationId: ConversationId, more: Wish = {}) =>
    world.ask(alice, keepRoom, {
      ...{ organizationId: world.organizationId, conversationId, kind: 'group', title: 'Fire in hall 3' },
      ...{ actorId: alice.userId, join: [], ...more },
    });
  const as = (role: 'writer' | 'moderator', ...people: Person[]) => people.map(({ userId }) => ({ userId, role }));
  const line = (happened: 'raised' | 'answered', id = newId<EntryId>()) => ({
    ...{ id, body: { alarmId: newId<never>(), happened, severity: 'alarm' as const } },
  });
  const log = async (person: Person, id: ConversationId) =>
    (await world.log(person, id)).map((entry) =>
      entry.kind === 'membership'
        ? [entry.kind, entry.body.change, entry.body.userIds, entry.body.reason]
        : [entry.kind, entry.kind === 'alarm' ? entry.body.happened : null],
    );

  it('is made, filled, written to and closed, each once, however often that is asked', async () => {
    const id = newId<ConversationId>();
    const [raised, answered] = [line('raised'), line('answered')];
    const open = { join: as('moderator', alice), entries: [raised] };
    for (let n = 0; n < 2; n++) await keep(id, open);
    for (let n = 0; n < 2; n++) await keep(id, { join: as('writer', bob), entries: [raised, answered] });
    for (let n = 0; n < 2; n++) await keep(id, { closes: true });

    expect(await log(bob, id)).toEqual([
      ['membership', 'added', [alice.userId], undefined],
      ['alarm', 'raised'],
      ['membership', 'added', [bob.userId], undefined],
      ['alarm', 'answered'],
      ['closed', null],
    ]);
    expect(await world.ask(bob, readConversation, { conversationId: id })).toMatchObject({
      ...{ title: 'Fire in hall 3', kind: 'group', closed: true, members: 2, my: { role: 'writer' } },
    });
    expect(await world.code(bob, appendEntry, message(id, 'too late'))).toBe('conversation_closed');
  });

  it('is prepared without anybody in it, and there for those who are let in later', async () => {
    const id = newId<ConversationId>();
    await keep(id, { kind: 'channel' });
    expect(await world.code(bob, readConversation, { conversationId: id })).toBe('conversation_not_found');

    await keep(id, { kind: 'channel', join: [...as('writer', bob), { userId: carol.userId, role: 'reader' }] });
    await world.say(bob, id, 'We meet at the gate');
    expect(await world.code(carol, appendEntry, message(id, 'Which?'))).toBe('may_not_write');
    expect((await world.log(carol, id)).at(-1)).toMatchObject({ kind: 'message' });
  });

  it('does not take in again who has left', async () => {
    const id = newId<ConversationId>();
    await keep(id, { join: as('writer', bob, carol) });
    await world.ask(bob, removeMember, { conversationId: id, userId: bob.userId });

    await keep(id, { join: as('writer', bob, carol) });

    expect(await world.code(bob, readConversation, { conversationId: id })).toBe('conversation_not_found');
  });

  it('keeps apart who may not meet, and says whom (R-T8)', async () => {
    world.directory.pools = new Map([
      [alice.userId, 'north'],
      [bob.userId, 'north'],
      [carol.userId, 'south'],
    ]);
    const id = newId<ConversationId>();

    expect(await keep(id, { join: as('writer', alice, bob, carol) })).toEqual({
      ...{ keptApart: [carol.userId], leftOut: [] },
    });
    expect(await world.code(carol, readConversation, { conversationId: id })).toBe('conversation_not_found');
  });

  it('brings people together whom rules keep apart where it is said so, says it, and keeps them when rules are reviewed', async () => {
    world.directory.pools = new Map([
      [alice.userId, 'north'],
      [bob.userId, 'north'],
      [carol.userId, 'south'],
    ]);
    const id = newId<ConversationId>();
    await keep(id, { join: as('writer', alice, carol), liftsBarriers: true });
    expect(await log(carol, id)).toEqual([['membership', 'added', [alice.userId, carol.userId], 'emergency']]);

    const usual = await world.create('group', [alice, bob]);
    world.directory.pools = new Map([...world.directory.pools, [bob.userId, 'south']]);
    const changed = { id: newId<EventId>(), organizationId: world.organizationId, affected: 'all' };
    await jetstream(world.auth.nats).publish(contactsChanged.subject, JSON.stringify(changed));
    const isOut = () => world.code(bob, readConversation, { conversationId: usual.id });

    await until(async () => (await isOut()) === 'conversation_not_found', 'the review');
    expect((await world.log(carol, id)).length).toBe(1);
  });

  it('has so many in it and no more, and says who was left out', async () => {
    const id = newId<ConversationId>();
    const crowd = Array.from({ length: 1_001 }, () => newId<UserId>());
    const join = (userIds: UserId[]) => keep(id, { join: userIds.map((userId) => ({ userId, role: 'writer' })) });
    await join(crowd.slice(0, 500));
    await join(crowd.slice(500, 999));

    expect((await join(crowd.slice(999))).leftOut).toEqual(crowd.slice(1_000));
  });

  it('cannot be taken over: an id that belongs to something else is refused', async () => {
    const theirs = await world.create('group', [bob, carol]);

    expect(await keep(theirs.id).then(String, ({ code }: { code: string }) => code)).toBe('conversation_id_reused');
    const elsewhere = { organizationId: newId<OrganizationId>(), join: as('writer', bob) };
    await keep(theirs.id, elsewhere);
    expect((await world.log(bob, theirs.id)).length).toBe(1);
  });
});
