import { jest } from '@jest/globals';
import { type AlarmBody, keepRoom } from '@relais/contracts';
import { newId, type UserId } from '@relais/kernel';
import type { z } from 'zod';
import { EngineWorld } from './engine-world.js';

type Kept = z.output<typeof keepRoom.input>;

// A database of its own for each, on a machine that may be busy.
jest.setTimeout(60_000);

describe('the conversation of an alarm', () => {
  let world: EngineWorld;
  let chief: UserId;
  let anna: UserId;
  let ben: UserId;
  /** What messaging was asked for, and what stands in the room. */
  let asked: Kept[];
  let lines: Map<string, AlarmBody>;
  let members: Map<UserId, string>;
  let isAway: boolean;

  beforeEach(async () => {
    world = await EngineWorld.open();
    [chief, anna, ben] = [world.person(), world.person(), world.person()];
    [asked, lines, members, isAway] = [[], new Map(), new Map(), false];
    world.bus.answers.set(keepRoom as never, async (wanted: Kept) => {
      if (isAway) throw new Error('messaging is away');
      asked.push(wanted);
      for (const { userId, role } of wanted.join) members.set(userId, role);
      for (const { id, body } of wanted.entries) if (!lines.has(id)) lines.set(id, body);
      return { keptApart: [], leftOut: [] };
    });
  });
  afterEach(() => world.close());

  const raise = (more: object = {}) =>
    world.raise(chief, { audience: { userIds: [anna, ben] }, needed: 2, opensConversation: true, ...more });
  const said = () =>
    [...lines.values()].map(({ happened, answers }) => [happened, answers?.accepted, answers?.declined]);

  it('is a group of the raiser and of those who come, titled like the alarm, whose log says what becomes of it', async () => {
    const { alarmId } = await raise();
    await world.settle();
    await world.answer(alarmId, anna, 'coming');
    await world.answer(alarmId, ben, 'not_coming');
    await world.pass(2);
    await world.changes.update({ alarmId: alarmId as never, text: 'Take the back entrance' }, world.context(chief));
    await world.pass(2);
    await world.changes.end({ alarmId: alarmId as never, as: 'all_clear' }, world.context(chief));
    await world.pass(2);

    expect(asked[0]).toMatchObject({ kind: 'group', title: 'Fire', actorId: chief, liftsBarriers: false });
    expect(new Set(asked.map(({ conversationId }) => conversationId)).size).toBe(1);
    expect([...members]).toEqual([
      [chief, 'moderator'],
      [anna, 'writer'],
    ]);
    expect(said()).toEqual([
      ['raised', undefined, undefined],
      ['answered', 1, 1],
      ['changed', undefined, undefined],
      ['all_clear', 1, 1],
    ]);
    const shown = await world.reads.read({ alarmId }, world.context(anna));
    expect(shown.conversationId).toBe(asked[0]?.conversationId);
  });

  it('has everybody in it who is told, where that is wanted', async () => {
    await raise({ joins: 'told' });
    await world.settle();
    await world.pass(2);

    expect([...members.keys()].toSorted()).toEqual([chief, anna, ben].toSorted());
  });

  it('comes later when messaging is away, and the alarm does not wait for it', async () => {
    isAway = true;
    const { alarmId } = await raise();
    await world.settle();
    expect((await world.told('socket')).length).toBe(2);
    await world.answer(alarmId, anna, 'coming');
    await world.pass(2);
    expect(lines.size).toBe(0);

    isAway = false;
    await world.pass(31);
    expect(said()).toEqual([
      ['raised', undefined, undefined],
      ['answered', 1, 0],
    ]);
  });

  it('has each line once, also when a replica ends before it has written down that it is there', async () => {
    const { alarmId } = await raise();
    await world.settle();
    await world.database.within(world.organizationId, (tx) =>
      tx.query(`UPDATE alarm_room SET said = '{}', lines = 0, actor_id = NULL`),
    );
    await world.answer(alarmId, anna, 'coming');
    await world.pass(2);

    expect(said().map(([happened]) => happened)).toEqual(['raised', 'answered']);
  });

  it('is not there without being asked for, nor before a second person has approved, nor while nobody is in it', async () => {
    await world.settings(['socket'], { massThreshold: 1 });
    await raise();
    await world.raise(chief, { audience: { userIds: [anna] } });
    await world.settle();
    expect(asked).toEqual([]);
  });

  it('comes with a policy, unless the alarm says otherwise', async () => {
    const policyId = newId<never>();
    const steps = [{ targets: [{ kind: 'user' as const, userId: anna }], waitSeconds: 60 }];
    const { escalationPolicy } = await import('@relais/contracts');
    const policy = escalationPolicy.parse({ name: 'Night', steps, opensConversation: true, joins: 'told' });
    await world.policies.put({ policyId, policy }, world.context(chief));
    await raise({ policyId, opensConversation: undefined, audience: {} });
    await world.settle();
    await world.pass(2);
    expect([...members.keys()].toSorted()).toEqual([chief, anna].toSorted());

    asked.length = 0;
    await raise({ policyId, opensConversation: false });
    await world.settle();
    await world.pass(2);
    expect(asked).toEqual([]);
  });

  it('brings people together whom rules keep apart in an emergency alone, and only where the organization wants it', async () => {
    await world.settings(['socket'], { emergenciesLiftBarriers: true });
    await raise();
    await raise({ severity: 'emergency' });
    await world.settle();

    expect(asked.map(({ liftsBarriers }) => liftsBarriers).toSorted()).toEqual([false, true]);
  });
});
