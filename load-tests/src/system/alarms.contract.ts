import { type AlarmTold, ROUTES, type ServerFrame } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { once } from 'node:events';
import { codeOf, type Person } from './person.js';
import type { RawClient } from './raw-client.js';
import { eventually, type Running } from './system.js';

type Told = AlarmTold & { type: 'alarm' };

const isTold = (alarmId: string) => (frame: ServerFrame) => frame.type === 'alarm' && frame.alarm.id === alarmId;

/** Alarms through gateway, NATS, alerting and PostgreSQL, to sockets on both gateways and back. */
export function alarmsContract(running: Running): void {
  let chief: Person;
  let anna: Person;
  let ben: Person;
  let sockets: RawClient[];

  beforeAll(async () => {
    const { acme } = running();
    chief = acme.owner;
    [anna, ben] = (await acme.people(2)) as [Person, Person];
    sockets = [await anna.open(0), await anna.open(1), await ben.open(1)];
  }, 60_000);
  afterAll(() => Promise.all(sockets.map((socket) => socket.close())));

  const raise = async (more: object): Promise<never> => {
    const alarmId = newId<never>();
    await chief.callAt(0, ROUTES.raiseAlarm, { alarmId, severity: 'alarm', title: 'Fire in hall 3', ...more } as never);
    return alarmId;
  };
  const told = async (socket: RawClient, alarmId: string) => (await socket.until(isTold(alarmId))) as Told;
  const statesOf = async (alarmId: never, { id }: Person) => {
    const { items } = await chief.call(ROUTES.readAlarmReport, { alarmId });
    return items.find(({ userId }) => userId === id)?.told.map(({ path, state }) => `${path} ${state}`);
  };

  it('reach every device of those they are for, on both gateways, and nobody else', async () => {
    const alarmId = await raise({ audience: { userIds: [anna.id] }, text: 'Take the back entrance' });

    const heard = await Promise.all(sockets.slice(0, 2).map((socket) => told(socket, alarmId)));

    for (const { alarm } of heard)
      expect(alarm).toMatchObject({ title: 'Fire in hall 3', text: 'Take the back entrance' });
    expect(sockets[2]?.frames.some(isTold(alarmId))).toBe(false);
    expect(await codeOf(ben.call(ROUTES.readAlarm, { alarmId }))).toBe('alarm_not_found');
  });

  it('are told to an app that was not there when it comes, and it says that it has them', async () => {
    const late = (await running().acme.people(1))[0] as Person;
    const alarmId = await raise({ audience: { userIds: [late.id] } });
    await eventually(async () => (await statesOf(alarmId, late))?.[0] === 'socket sent');

    const { connection } = await late.listen(0);
    const [{ alarm }] = (await once(connection, 'alarm')) as [AlarmTold];

    expect(alarm.id).toBe(alarmId);
    await eventually(async () => (await statesOf(alarmId, late))?.[0] === 'socket received');
    await late.close();
  });

  it('show in their report when each device had them and who answered what', async () => {
    const alarmId = await raise({ audience: { userIds: [anna.id, ben.id] }, needed: 2 });
    const [annas, bens] = [sockets[0] as RawClient, sockets[2] as RawClient];
    const mark = { step: 0, cycle: 0, path: 'socket' };
    await Promise.all([told(annas, alarmId), told(bens, alarmId)]);

    annas.send({ type: 'alarm_mark', marks: [{ ...mark, alarmId, state: 'received' }] });
    bens.send({ type: 'alarm_mark', marks: [{ ...mark, alarmId, state: 'shown' }] });
    await anna.call(ROUTES.answerAlarm, { alarmId, answer: 'coming', etaMinutes: 4 });

    await eventually(async () => (await statesOf(alarmId, ben))?.[0] === 'socket shown');
    await eventually(async () => (await statesOf(alarmId, anna))?.[0] === 'socket received');
    const { items, alarm } = await chief.call(ROUTES.readAlarmReport, { alarmId });
    expect(items.find(({ userId }) => userId === anna.id)).toMatchObject({ answer: 'coming', etaMinutes: 4 });
    expect(alarm).toMatchObject({ accepted: 1, state: 'open' });
  });

  it('tell those who know of them what has become of them', async () => {
    const alarmId = await raise({ audience: { userIds: [anna.id] } });
    await told(sockets[1] as RawClient, alarmId);

    await chief.call(ROUTES.endAlarm, { alarmId, as: 'all_clear' });

    const changed = await (sockets[1] as RawClient).until(
      (frame) => frame.type === 'alarm_changed' && frame.alarm.id === alarmId && frame.alarm.state === 'all_clear',
    );
    expect(changed).toBeDefined();
    expect(await codeOf(anna.call(ROUTES.answerAlarm, { alarmId, answer: 'coming' }))).toBe('alarm_over');
  });

  it('go to the next step when nobody answers in time', async () => {
    const policyId = newId<never>();
    const step = ({ id }: Person) => ({ targets: [{ kind: 'user' as const, userId: id }], waitSeconds: 10 });
    await chief.call(ROUTES.putEscalationPolicy, {
      policyId,
      policy: { name: 'Night', steps: [step(anna), step(ben)] },
    });
    const alarmId = await raise({ policyId });
    const first = await told(sockets[0] as RawClient, alarmId);
    const since = performance.now();

    const second = await told(sockets[2] as RawClient, alarmId);

    expect([first.step, second.step]).toEqual([0, 1]);
    expect(performance.now() - since).toBeGreaterThan(9_000);
  }, 30_000);

  it('reach whoever is on duty by the address of a roster, and go with the role at a hand-over', async () => {
    const rosterId = newId<never>();
    const [annas, bens] = [sockets[0] as RawClient, sockets[2] as RawClient];
    const layer = {
      ...{ userIds: [anna.id], shift: { unit: 'weeks' as const, length: 1 }, timeZone: 'Europe/Berlin' },
      ...{ startsOn: '2026-01-01', handOverAt: '02:30' },
    };
    const roster = { name: 'Doctor on duty', address: 'doctor', layers: [layer], handOver: 'confirmed' as const };
    await chief.call(ROUTES.putRoster, { rosterId, roster });
    const alarmId = await raise({ audience: { roles: ['doctor'] } });
    await told(annas, alarmId);

    const span = {
      from: new Date(Date.now() - 60_000).toISOString(),
      to: new Date(Date.now() + 3_600_000).toISOString(),
    };
    const override = { ...span, userId: ben.id };
    await chief.call(ROUTES.putDutyOverride, { rosterId, overrideId: newId<never>(), override });
    await told(bens, alarmId);
    const isNews = (states: string) => (frame: ServerFrame) =>
      frame.type === 'duty_changed' &&
      frame.onDuty
        .map(({ state }) => state)
        .toSorted()
        .join() === states;
    await Promise.all([annas, bens].map((socket) => socket.until(isNews('handing_over,taking_over'))));
    await ben.call(ROUTES.confirmHandOver, { rosterId });
    await bens.until(isNews('on_duty'));

    expect((await anna.call(ROUTES.listMyDuties, {})).items).toEqual([]);
    expect((await ben.call(ROUTES.listMyDuties, {})).items).toMatchObject([{ rosterId, name: 'Doctor on duty' }]);
    await chief.call(ROUTES.deleteRoster, { rosterId });
  }, 30_000);

  it('are not raised by who may not, and marks of strangers change nothing', async () => {
    const refused = anna.call(ROUTES.raiseAlarm, {
      ...{ alarmId: newId<never>(), severity: 'emergency', title: 'x' },
      audience: { everyone: true },
    });
    expect(await codeOf(refused)).toBe('forbidden');

    const alarmId = await raise({ audience: { userIds: [anna.id] } });
    await told(sockets[0] as RawClient, alarmId);
    await eventually(async () => (await statesOf(alarmId, anna))?.[0] === 'socket sent');
    const mark = { alarmId, step: 0, cycle: 0, path: 'socket' as const, state: 'shown' as const };
    await ben.call(ROUTES.markAlarms, { marks: [mark] });
    expect(await statesOf(alarmId, anna)).toEqual(['socket sent']);
  });
}
