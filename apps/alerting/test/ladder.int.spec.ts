import { contactRules, escalationPolicy } from '@relais/contracts';
import { rows } from '@relais/database';
import { newId, type UserId } from '@relais/kernel';
import { ContactRulesHandler } from '../src/contact-rules/contact-rules.js';
import { Access } from '@relais/service';
import { EngineWorld } from './engine-world.js';

type Ways = [path: string, silentSeconds: number][];

describe('the ways by which a person is told', () => {
  let world: EngineWorld;
  let raiser: UserId;
  let rules: ContactRulesHandler;

  beforeEach(async () => {
    world = await EngineWorld.open();
    rules = new ContactRulesHandler(world.database, new Access(world.bus));
    raiser = world.person();
    await world.settings(['socket', 'push', 'sms']);
  });
  afterEach(() => world.close());

  const want = (userId: UserId, ways: Ways, important: Ways = ways, quietHours?: object) => {
    const listOf = (list: Ways) => list.map(([path, silentSeconds]) => ({ path, silentSeconds }));
    const wanted = contactRules.parse({ default: listOf(ways), important: listOf(important), quietHours });
    return rules.put({ rules: wanted }, world.context(userId));
  };
  const ledger = (userId: UserId): Promise<string[]> =>
    world.database.within(world.organizationId, async (tx) =>
      (
        await rows<{ path: string; state: string }>(
          tx,
          'SELECT n.path, n.state FROM notification n WHERE n.user_id = $1 ORDER BY n.queued_at, n.path',
          [userId],
        )
      ).map(({ path, state }) => `${path} ${state}`),
    );
  const pathsOf = async (userId: UserId) => (await ledger(userId)).map((line) => line.split(' ')[0]);
  const settle = async () => {
    for (let round = 0; round < 3; round++) await world.settle();
  };

  it('are their own, each with its own silence; who says nothing has those of the organization', async () => {
    const [own, usual] = [world.person(), world.person()];
    await want(own, [
      ['sms', 30],
      ['socket', 90],
    ]);

    await world.raise(raiser, { audience: { userIds: [own, usual] } });
    await world.settle();
    const first = [await pathsOf(own), await pathsOf(usual)];
    await world.pass(6);
    const after6 = [await pathsOf(own), await pathsOf(usual)];
    await world.pass(25);

    expect(first).toEqual([['sms'], ['socket']]);
    expect(after6).toEqual([['sms'], ['socket', 'push']]);
    expect([await pathsOf(own), await pathsOf(usual)]).toEqual([
      ['sms', 'socket'],
      ['socket', 'push', 'sms'],
    ]);
  });

  it('for an emergency, and for steps that say so, are those for what is important', async () => {
    const [emergency, step, usual] = [world.person(), world.person(), world.person()];
    for (const userId of [emergency, step, usual]) await want(userId, [['push', 20]], [['sms', 20]]);
    const policyId = newId<never>();
    const targets = [{ kind: 'user' as const, userId: step }];
    const policy = escalationPolicy.parse({ name: 'x', steps: [{ targets, waitSeconds: 60, rules: 'important' }] });
    await world.policies.put({ policyId, policy }, world.context(raiser));

    await world.raise(raiser, { audience: { userIds: [emergency] }, severity: 'emergency' });
    await world.raise(raiser, { policyId });
    await world.raise(raiser, { audience: { userIds: [usual] } });
    await world.settle();

    expect([await pathsOf(emergency), await pathsOf(step), await pathsOf(usual)]).toEqual([['sms'], ['sms'], ['push']]);
  });

  it('pass over what leads nowhere, and may begin with the app, or be the organization’s, whatever anybody wants', async () => {
    const bare = world.bare();
    const person = world.person();
    await want(person, [['sms', 30]]);
    await world.raise(raiser, { audience: { userIds: [bare] } });
    await world.settle();
    await world.pass(600);
    await world.settings(['sms', 'push'], { appFirst: true });
    await world.raise(raiser, { audience: { userIds: [person] } });
    await world.settle();
    await world.pass(6);
    await world.pass(21);
    const appFirst = await pathsOf(person);
    await world.settings(['push'], { overridesContactRules: true });
    const other = world.person();
    await want(other, [['sms', 30]]);
    await world.raise(raiser, { audience: { userIds: [other] } });
    await world.settle();

    expect(await pathsOf(bare)).toEqual(['socket']);
    expect(appFirst).toEqual(['socket', 'push', 'sms']);
    expect(await pathsOf(other)).toEqual(['push']);
  });

  it('are taken one after the other at once while they fail, without waiting for the silence of what never left', async () => {
    const person = world.person();
    world.paths.socket.outcome = () => ({ state: 'failed', problem: 'not_configured' });
    world.paths.push.outcome = () => ({ state: 'failed', problem: 'no_destination' });

    await world.raise(raiser, { audience: { userIds: [person] } });
    await settle();

    expect(await ledger(person)).toEqual(['socket failed', 'push failed', 'sms sent']);
    await world.pass(600);
    expect(await ledger(person)).toHaveLength(3);
  });

  it('end with an answer, also one that comes while a way is failing (R-AL5)', async () => {
    const person = world.person();
    const answered = Promise.withResolvers<void>();
    world.paths.socket.outcome = async () => {
      await answered.promise;
      return { state: 'failed', problem: 'provider_down' };
    };
    const { alarmId } = await world.raise(raiser, { audience: { userIds: [person] } });
    await world.engine.runOnce();

    await world.answer(alarmId, person, 'coming');
    answered.resolve();
    await settle();
    await world.pass(600);

    expect((await world.told('push')).length + (await world.told('sms')).length).toBe(0);
  });

  it('end as soon as a device has the alarm, whichever way it came', async () => {
    const person = world.person();
    const { alarmId } = await world.raise(raiser, { audience: { userIds: [person] } });
    await world.settle();
    await world.pass(6);
    const mark = { alarmId: alarmId as never, step: 0, cycle: 0, path: 'push', state: 'received' } as const;
    await world.marks.add(world.organizationId, [{ ...mark, userId: person }]);

    await world.pass(600);

    expect(await pathsOf(person)).toEqual(['socket', 'push']);
  });

  it('of 2,300 people are gone through page by page, nobody is told twice by one way, whoever looks (P-10)', async () => {
    const userIds = Array.from({ length: 2_300 }, () => world.person());
    await world.raise(raiser, { audience: { everyone: true }, severity: 'emergency' });
    await world.settle();
    await world.elapse(6);
    const engines = Array.from({ length: 3 }, () => world.newEngine());

    await Promise.all(engines.map((engine) => world.settle(engine)));
    await settle();

    const told = await world.told('push');
    expect(new Set(told).size).toBe(told.length);
    expect(told.length).toBe(userIds.length + 1);
  });

  it('may lead nowhere at all: the next step does not wait for such people, and the policy says so before', async () => {
    await world.settings(['push']);
    const [bare, next] = [world.bare(), world.person()];
    const stepOf = (userId: UserId) => ({ targets: [{ kind: 'user' as const, userId }], waitSeconds: 3_600 });
    const policyId = newId<never>();
    const policy = escalationPolicy.parse({ name: 'x', steps: [stepOf(bare), stepOf(next)] });
    const { findings } = await world.policies.put({ policyId, policy }, world.context(raiser));

    await world.raise(raiser, { policyId });
    await world.settle();
    const toldNext = await pathsOf(next);
    await world.settings(['socket', 'push']);
    const open = await world.policies.check({ policyId }, world.context(raiser));

    expect(findings).toMatchObject([{ severity: 'error', step: 0, code: 'no_path' }, expect.anything()]);
    expect([await pathsOf(bare), toldNext]).toEqual([[], ['push']]);
    expect(open.findings[0]).toMatchObject({ severity: 'warning', step: 0, code: 'no_path' });
  });

  describe('in quiet hours', () => {
    const always = { timeZone: 'UTC', days: [1, 2, 3, 4, 5, 6, 7] };
    const clock = (shiftHours: number) => new Date(Date.now() + shiftHours * 3_600_000).toISOString().slice(11, 16);
    const quiet = { ...always, from: clock(-2), to: clock(2) };

    it('are not taken by a notice before their end, and by an alarm and an emergency at once', async () => {
      const person = world.person();
      await want(
        person,
        [
          ['socket', 5],
          ['sms', 5],
        ],
        undefined,
        quiet,
      );

      for (const severity of ['notice', 'alarm', 'emergency'] as const)
        await world.raise(raiser, { audience: { userIds: [person] }, severity, needed: severity === 'notice' ? 0 : 1 });
      await world.settle();
      const atOnce = (await world.told('socket')).length;
      await world.pass(60);
      const waiting = await ledger(person);
      await world.pass(2 * 3_600 + 60);

      expect(atOnce).toBe(2);
      expect(waiting.filter((line) => line === 'socket queued')).toHaveLength(1);
      expect((await world.told('socket')).length).toBe(3);
    });

    it('that go over midnight belong to the day on which they begin', async () => {
      const person = world.person();
      // In a zone in which it is past six in the morning, whatever the time is here: these hours began the day before.
      const ahead = ((41 - new Date().getUTCHours()) % 24) - 11;
      const timeZone = `Etc/GMT${ahead < 0 ? '+' : '-'}${Math.abs(ahead)}`;
      const yesterday = new Date(Date.now() + (ahead - 24) * 3_600_000);
      const began = { timeZone, days: [yesterday.getUTCDay() || 7], from: '23:00', to: '12:00' };
      await want(person, [['socket', 5]], undefined, began);

      await world.raise(raiser, { audience: { userIds: [person] }, severity: 'notice', needed: 0 });
      await world.settle();

      expect(await ledger(person)).toEqual(['socket queued']);
    });
  });
});
