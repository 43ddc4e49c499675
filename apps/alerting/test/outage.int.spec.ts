import { jest } from '@jest/globals';
import {
  type CrisisPlan,
  crisisPlan,
  describeOutageMode,
  keepRoom,
  type OutageMode,
  type OutageReport,
  putCrisisPlan,
} from '@relais/contracts';
import { type EventId, newId, type PoolId, type UserId } from '@relais/kernel';
import type { z } from 'zod';
import { CrisisPlansHandler } from '../src/outage/crisis-plans.js';
import { CrisisRooms } from '../src/outage/crisis-rooms.js';
import { OutageEvents } from '../src/outage/outage-events.js';
import { OutageReports } from '../src/outage/outage-reports.js';
import { RunOutage } from '../src/outage/run-outage.js';
import { ReachableAddresses } from '../src/watch/addresses.js';
import { Watch } from '../src/watch/watch.js';
import { EngineWorld } from './engine-world.js';

type Kept = z.output<typeof keepRoom.input>;

// A database of its own for each, on a machine that may be busy.
jest.setTimeout(60_000);

describe('an outage', () => {
  let world: EngineWorld;
  let admin: UserId;
  let anna: UserId;
  let ben: UserId;
  let plans: CrisisPlansHandler;
  let reports: OutageReports;
  let events: OutageEvents;
  let mode: OutageMode;
  let rooms: Map<string, { title: string; members: Map<UserId, string>; closed: boolean; kind: string }>;
  let isAway: boolean;
  const staff = newId<PoolId>();

  beforeEach(async () => {
    world = await EngineWorld.open();
    [admin, anna, ben] = [world.person(), world.person(), world.person()];
    world.bus.pools.set(staff, [anna]);
    [mode, rooms, isAway] = [{ on: false, automatic: true }, new Map(), false];
    world.bus.answers.set(describeOutageMode as never, async () => mode);
    world.bus.answers.set(keepRoom as never, async (wanted: Kept) => {
      if (isAway) throw new Error('messaging is away');
      const { title, kind } = wanted;
      const room = rooms.get(wanted.conversationId) ?? { title, kind, members: new Map(), closed: false };
      for (const { userId, role } of wanted.join) room.members.set(userId, role);
      room.closed ||= wanted.closes;
      rooms.set(wanted.conversationId, room);
      return { keptApart: [], leftOut: [] };
    });
    const { database, access, sealing, engine, bus, audiences, raiser, announcer } = world;
    const watcher = { replica: 'one', reachable: new ReachableAddresses([]) };
    plans = new CrisisPlansHandler(database, access, sealing, engine);
    const crisisRooms = new CrisisRooms(database, bus, audiences, plans);
    reports = new OutageReports(database, access, sealing, new Watch(database, sealing, bus, watcher));
    const run = new RunOutage(
      ...([database, bus, sealing, raiser] as const),
      ...([announcer, plans, crisisRooms, reports] as const),
    );
    world.workers.push(crisisRooms, run);
    events = new OutageEvents(database, engine);
  });
  afterEach(() => world.close());

  const put = (plan: z.input<typeof crisisPlan>) =>
    plans.put({ plan: crisisPlan.parse(plan) as CrisisPlan }, world.context(admin));
  const event = (on: boolean, at = new Date()) => ({
    ...{ id: newId<EventId>(), organizationId: world.organizationId, at: at.toISOString(), on, by: 'key' as const },
  });
  const go = async (on: boolean, one = event(on)) => {
    mode = { on, automatic: false, by: 'key', reason: on ? 'Fire in room 3' : 'Put out', changedBy: admin };
    await events.switched(one);
    await world.settle();
    // What the errand has set to be due.
    await world.settle();
    return one;
  };
  const told = async () => [...new Set((await world.told('socket')).map((one) => one.split(' ')[0]))].toSorted();
  const list = async () => (await reports.list({}, world.context(admin))).items;
  const report = async (): Promise<OutageReport> =>
    reports.read({ outageId: (await list())[0]?.id as never }, world.context(admin));
  const open = () => [...rooms.values()].filter(({ closed }) => !closed);

  it('alarms everybody although nothing was prepared, and ends with the all-clear and a report', async () => {
    await go(true);
    expect(await told()).toEqual([admin, anna, ben].toSorted());
    const [outage] = await list();
    expect(outage).toMatchObject({ state: 'on', begunBy: 'key' });
    const alarm = await world.reads.read({ alarmId: outage?.alarmId as never }, world.context(anna));
    expect(alarm).toMatchObject({
      ...{ title: 'The usual channels are down', text: 'Fire in room 3. From now on we talk here.', state: 'open' },
    });
    await expect(report()).rejects.toMatchObject({ code: 'outage_not_over' });

    await world.answer(alarm.id, anna, 'here');
    await go(false);
    expect(await report()).toMatchObject({
      ...{ reason: 'Fire in room 3', endReason: 'Put out', begunByUserId: admin, endedByUserId: admin },
      people: { told: 3, answered: 1, answers: { here: 1 } },
    });
    const after = await world.reads.read({ alarmId: alarm.id }, world.context(anna));
    expect([after.state, world.announced.some((said) => said.includes('all_clear'))]).toEqual(['all_clear', true]);
  });

  it('opens the conversations of the plan: prepared ones first empty but for who prepared them', async () => {
    const [ahead, then] = [newId<never>(), newId<never>()];
    await put({
      rooms: [
        { id: ahead, title: 'Staff', kind: 'group', poolIds: [staff], ahead: true },
        { id: then, title: 'Everybody', writerPoolIds: [staff] },
      ],
    });
    await world.settle();
    expect([...rooms.values()].map(({ title, members }) => [title, [...members]])).toEqual([
      ['Staff', [[admin, 'moderator']]],
    ]);

    await go(true);
    const found = [...rooms.values()].map(({ title, kind, members }) => [title, kind, Object.fromEntries(members)]);
    expect(found).toEqual([
      ['Staff', 'group', { [admin]: 'moderator', [anna]: 'writer' }],
      ['Everybody', 'channel', { [admin]: 'moderator', [anna]: 'writer', [ben]: 'reader' }],
    ]);
    expect((await plans.rooms({}, world.context(admin))).items.map(({ isOpen }) => isOpen)).toEqual([true, true]);
  });

  it('closes its conversations where the plan says so, and prepares others for the next time', async () => {
    await put({ rooms: [{ id: newId<never>(), title: 'Staff', kind: 'group', ahead: true }], atEnd: 'close' });
    await go(true);
    const [first] = [...rooms.keys()];
    await go(false);

    expect([...rooms.values()].map(({ closed }) => closed)).toEqual([true, false]);
    expect(open()[0]?.members.size).toBe(1);
    expect((await report()).rooms).toMatchObject([{ title: 'Staff', joined: 3, conversationId: first }]);
    await go(true);
    expect(rooms.size).toBe(2);
    expect(open()[0]?.members.size).toBe(3);
  });

  it('tells people although messaging is away, and opens the conversations when it is back', async () => {
    await put({ rooms: [{ id: newId<never>(), title: 'Staff', kind: 'group' }] });
    await world.settle();
    isAway = true;
    await go(true);
    expect([await told(), rooms.size, (await list())[0]?.state]).toEqual([
      ...[[admin, anna, ben].toSorted(), 0, 'opening'],
    ]);

    isAway = false;
    await world.pass(31);
    expect([open()[0]?.members.size, (await list())[0]?.state]).toEqual([3, 'on']);
    expect((await world.told('socket')).length).toBe(3);
  });

  it('that is told of again is the same, and one that ended before it was heard of begins no other', async () => {
    const began = await go(true);
    await go(true, began);
    await events.switched(event(true));
    expect((await list()).length).toBe(1);
    await events.switched(event(false, new Date(0)));
    expect((await list())[0]?.endedAt).toBeUndefined();

    const ended = await go(false);
    await events.switched(began);
    await events.switched(ended);
    await world.settle();
    expect((await list()).map(({ state }) => state)).toEqual(['over']);
  });

  it('that ends while it is opening is opened and ended', async () => {
    await put({ rooms: [{ id: newId<never>(), title: 'Staff', kind: 'group' }] });
    isAway = true;
    await go(true);
    mode = { on: false, automatic: true };
    await events.switched(event(false));
    isAway = false;
    await world.pass(31);
    await world.settle();

    expect((await list()).map(({ state }) => state)).toEqual(['over']);
    expect(open()[0]?.members.size).toBe(3);
  });

  it('names in its report who came in by break-glass while it lasted, each once', async () => {
    await go(true);
    const used = {
      ...{ id: newId<EventId>(), organizationId: world.organizationId, at: new Date().toISOString() },
      ...{ userId: anna, deviceId: newId<never>(), credentialId: newId<never>(), reason: 'outage_mode' as const },
    };
    for (let n = 0; n < 2; n++) await events.cameIn(used);
    await events.cameIn({ ...used, id: newId<EventId>(), at: new Date(0).toISOString() });
    await go(false);

    expect((await report()).breakGlass).toEqual([{ at: used.at, userId: anna, deviceId: used.deviceId }]);
  });

  it('waits for nobody to approve its alarm, to however many it is and however it is called', async () => {
    await world.settings(['socket'], { massThreshold: 1 });
    await put({ alarm: { severity: 'notice', title: '{{reason}}', policyId: newId<never>() } });
    await go(true);

    expect((await told()).length).toBe(3);
  });

  it('is planned by those who may switch it, in bounds', async () => {
    const many = Array.from({ length: 21 }, () => ({ id: newId<never>(), title: 'x' }));
    expect(putCrisisPlan.input.safeParse({ plan: { rooms: many } }).success).toBe(false);
    const twice = [many[0], many[0]];
    expect(putCrisisPlan.input.safeParse({ plan: { rooms: twice } }).success).toBe(false);
    world.bus.permissions = ['manage_alarms', 'raise_alarms'];
    for (const asked of [put({}), list(), plans.read({}, world.context(admin))])
      await expect(asked).rejects.toMatchObject({ code: 'forbidden' });
  });
});
