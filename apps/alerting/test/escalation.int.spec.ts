import { jest } from '@jest/globals';
import { type EscalationPolicy, escalationPolicy } from '@relais/contracts';
import { AppError, newId, type PoolId, type UserId } from '@relais/kernel';
import type { z } from 'zod';
import { Escalation } from '../src/engine/escalation.js';
import { dropTimer } from '../src/engine/timers.postgres.js';
import type { Outcome } from '../src/notifications/finish.postgres.js';
import { Hand } from '../src/notifications/hand.js';
import { FIRST_AT_ONCE, TOLD_AT_ONCE } from '../src/notifications/tell.postgres.js';
import { EngineWorld } from './engine-world.js';

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: unknown) => AppError.from(error).code,
  );

/** Takes nothing: whoever sends has to look for it. */
const nothing = new Hand([], 0);

describe('an alarm', () => {
  let world: EngineWorld;
  let raiser: UserId;

  beforeEach(async () => {
    world = await EngineWorld.open();
    raiser = world.person();
    await world.settings(['socket', 'push', 'sms']);
  });
  afterEach(() => world.close());

  const policyOf = async (policy: z.input<typeof escalationPolicy>): Promise<string> => {
    const policyId = newId();
    const put = { policyId: policyId as never, policy: escalationPolicy.parse(policy) as EscalationPolicy };
    await world.policies.put(put, world.context(raiser));
    return policyId;
  };
  const step = (userId: UserId, more: object = {}) => ({
    targets: [{ kind: 'user' as const, userId }],
    ...{ waitSeconds: 60, ...more },
  });

  it('tells its people, the next step when nobody answers, and nobody after somebody has taken it on', async () => {
    const [first, second, third] = [world.person(), world.person(), world.person()];
    const policyId = (await policyOf({ name: 'Night', steps: [step(first), step(second), step(third)] })) as never;

    const { alarmId } = await world.raise(raiser, { policyId });
    await world.settle();
    const atOnce = await world.told('socket');
    await world.pass(59);
    const before = await world.told('socket');
    await world.pass(2);
    const then = await world.told('socket');
    await world.answer(alarmId, second, 'coming');
    await world.pass(600);

    expect(atOnce).toEqual([`${first} 0.0`]);
    expect(before).toEqual(atOnce);
    expect(then).toEqual([`${first} 0.0`, `${second} 1.0`]);
    expect(await world.told('socket')).toEqual(then);
    expect(await world.count(`SELECT count(*) AS n FROM alarm WHERE state = 'acknowledged'`)).toBe(1);
  });

  it('goes to the next way when the device stays silent, and not when it has acknowledged (P-11)', async () => {
    const [silent, heard] = [world.person(), world.person()];

    const { alarmId } = await world.raise(raiser, { audience: { userIds: [silent, heard] } });
    await world.settle();
    const received = { alarmId: alarmId as never, step: 0, cycle: 0, path: 'socket', state: 'received' } as const;
    await world.marks.add(world.organizationId, [{ ...received, userId: heard }]);
    await world.pass(6);
    const pushed = await world.told('push');
    await world.pass(21);

    expect((await world.told('socket')).toSorted()).toEqual([`${silent} 0.0`, `${heard} 0.0`].toSorted());
    expect(pushed).toEqual([`${silent} 0.0`]);
    expect(await world.told('sms')).toEqual([`${silent} 0.0`]);
  });

  it('to more people than fit into one transaction tells each once, and its clocks begin with the last', async () => {
    const userIds = [raiser, ...Array.from({ length: 2 * TOLD_AT_ONCE }, () => world.person())];

    await world.raise(userIds[0] as UserId, { audience: { everyone: true }, severity: 'emergency' });
    await world.settle();
    const told = await world.told('socket');
    await world.pass(6);

    expect(told.toSorted()).toEqual(userIds.map((id) => `${id} 0.0`).toSorted());
    expect((await world.told('push')).length).toBe(userIds.length);
    expect(await world.count('SELECT count(*) AS n FROM alarm_recipient')).toBe(userIds.length);
  });

  it('to more people than fit into one transaction goes on with the others of a step that needs everyone after the first has come', async () => {
    const poolId = newId<PoolId>();
    const userIds = Array.from({ length: TOLD_AT_ONCE + 5 }, () => world.person()).toSorted();
    world.bus.pools.set(poolId, userIds);
    const all = { targets: [{ kind: 'pool' as const, poolId }], waitSeconds: 60 };
    const raise = async (more: object): Promise<string> => {
      const policyId = (await policyOf({ name: 'x', steps: [{ ...all, ...more }] })) as never;
      return (await world.raise(raiser, { policyId, severity: 'emergency' })).alarmId;
    };
    const answerAfterFirstPage = async (alarmId: string): Promise<number> => {
      const first = { organization_id: world.organizationId, subject_id: alarmId, kind: 'step' };
      await world.database.within(world.organizationId, async (tx) => {
        await dropTimer(tx, { ...first, step: 0, cycle: 0, stage: 0 });
        await new Escalation(world.onDuty).step(tx, { ...first, step: 0, cycle: 0, stage: 0 }, nothing);
      });
      await world.answer(alarmId, userIds[0] as UserId, 'coming');
      await world.settle();
      return world.count(`SELECT count(*) AS n FROM alarm_recipient WHERE alarm_id = '${alarmId}'`);
    };

    const everyone = await answerAfterFirstPage(await raise({ needsEveryone: true, unlessAccepted: 1 }));
    const anybody = await answerAfterFirstPage(await raise({}));

    expect([everyone, anybody]).toEqual([userIds.length, FIRST_AT_ONCE]);
    expect((await world.told('socket')).filter((line) => line.startsWith(userIds.at(-1) as UserId))).toHaveLength(1);
  });

  it('to more people than fit into one transaction leaves the processors to others after a page, for as long as it took', async () => {
    for (let count = FIRST_AT_ONCE; count > 0; count--) world.person();
    const { alarmId } = await world.raise(raiser, { audience: { everyone: true } });
    const first = { organization_id: world.organizationId, subject_id: alarmId, kind: 'step', step: 0, cycle: 0 };
    let nowMs = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => (nowMs += 30_000));

    await world.database.within(world.organizationId, async (tx) => {
      await new Escalation(world.onDuty).step(tx, { ...first, stage: 0 }, nothing);
    });
    clock.mockRestore();

    const rest = 'extract(epoch FROM t.due_at - clock_timestamp())::int';
    expect(
      await world.count(`SELECT ${rest} AS n FROM timer t WHERE t.kind = 'step' AND t.stage = 1`),
    ).toBeGreaterThanOrEqual(25);
  });

  it('begins again as often as its policy says, with the next of a list each time', async () => {
    const [one, two] = [world.person(), world.person()];
    const targets = [{ kind: 'next_of' as const, userIds: [one, two] }];
    const policyId = (await policyOf({ name: 'x', steps: [{ targets, waitSeconds: 10 }], repeat: 2 })) as never;

    await world.raise(raiser, { policyId });
    await world.settle();
    for (let round = 0; round < 5; round++) await world.pass(11);

    expect(await world.told('socket')).toEqual([`${one} 0.0`, `${two} 0.1`, `${one} 0.2`]);
  });

  it('settles pools when it is raised: who comes into one later is not told', async () => {
    const poolId = newId<PoolId>();
    const [early, late] = [world.person(), world.person()];
    world.bus.pools.set(poolId, [early]);
    const policyId = (await policyOf({
      name: 'x',
      steps: [{ targets: [{ kind: 'pool', poolId }], waitSeconds: 60 }],
    })) as never;

    await world.raise(raiser, { policyId });
    world.bus.pools.set(poolId, [early, late]);
    world.bus.isDown = true;
    await world.settle();

    expect(await world.told('socket')).toEqual([`${early} 0.0`]);
  });

  it('may be raised again under its id, and takes in others of its key while it is open', async () => {
    const userIds = [world.person()];
    const alarmId = newId<never>();
    const raised = { alarmId, audience: { userIds }, dedupKey: 'pump 3' };

    const first = await world.raise(raiser, raised);
    const again = await world.raise(raiser, raised);
    const other = await world.raise(raiser, { audience: { userIds }, dedupKey: 'pump 3' });
    const changed = await codeOf(world.raise(raiser, { ...raised, title: 'Flood' }));
    await world.settle();
    await world.changes.end({ alarmId, as: 'all_clear' }, world.context(raiser));
    const afterwards = await world.raise(raiser, { audience: { userIds }, dedupKey: 'pump 3' });

    expect([first.isDuplicate, again.isDuplicate, other.isDuplicate]).toEqual([false, true, true]);
    expect(other.alarmId).toBe(alarmId);
    expect(changed).toBe('alarm_id_reused');
    expect(afterwards.isDuplicate).toBe(false);
    expect((await world.told('socket')).length).toBe(1);
  });

  it('to nobody whom the raiser may alarm is refused', async () => {
    const shielded = world.person();
    world.bus.untouchable.add(shielded);

    expect(await codeOf(world.raise(raiser, { audience: { userIds: [shielded] } }))).toBe('empty_audience');
    expect(await codeOf(world.raise(raiser, { audience: { userIds: [newId<UserId>()] } }))).toBe('empty_audience');
    expect(await codeOf(world.raise(raiser, {}))).toBe('empty_audience');
  });

  it('needs the permission to raise it', async () => {
    world.bus.permissions = [];

    expect(await codeOf(world.raise(raiser, { audience: { userIds: [world.person()] } }))).toBe('forbidden');
  });

  it('to many waits for a second person, an emergency does not', async () => {
    await world.settings(['socket'], { massThreshold: 2 });
    const userIds = [world.person(), world.person(), world.person()];
    const chief = world.person();

    const { alarmId, state } = await world.raise(raiser, { audience: { userIds } });
    await world.settle();
    const before = (await world.told('socket')).length;
    const own = await codeOf(world.approver.execute({ alarmId }, world.context(raiser)));
    await world.approver.execute({ alarmId }, world.context(chief));
    const twice = await codeOf(world.approver.execute({ alarmId }, world.context(chief)));
    await world.settle();
    const emergency = await world.raise(raiser, { audience: { userIds }, severity: 'emergency' });

    expect([state, before, own, twice]).toEqual(['awaiting_approval', 0, 'own_alarm', 'not_awaiting']);
    expect((await world.told('socket')).length).toBe(3);
    expect(emergency.state).toBe('open');
  });

  it('that has been given the all-clear tells nobody more, and takes no answer', async () => {
    const [first, second] = [world.person(), world.person()];
    const policyId = (await policyOf({ name: 'x', steps: [step(first), step(second)] })) as never;
    const { alarmId } = await world.raise(raiser, { policyId });
    await world.settle();

    await world.changes.end({ alarmId: alarmId as never, as: 'all_clear' }, world.context(raiser));
    await world.pass(3_600);

    expect(await world.told('socket')).toEqual([`${first} 0.0`]);
    expect(await codeOf(world.answer(alarmId, first, 'coming'))).toBe('alarm_over');
    expect(world.announced.some((line) => line.includes(first) && line.includes('all_clear'))).toBe(true);
  });

  it('whose time has passed is over by itself', async () => {
    const { alarmId } = await world.raise(raiser, {
      audience: { userIds: [world.person()] },
      closesAt: new Date(Date.now() + 60_000).toISOString(),
    });
    await world.pass(61);

    const read = await world.reads.read({ alarmId }, world.context(raiser));
    expect(read.state).toBe('expired');
  });

  it('goes on when who had taken it on does not come after all', async () => {
    const [first, second] = [world.person(), world.person()];
    const { alarmId } = await world.raise(raiser, { audience: { userIds: [first, second] }, needed: 2 });
    await world.settle();

    await world.answer(alarmId, first, 'coming');
    const one = await world.answer(alarmId, first, 'not_coming');
    await world.answer(alarmId, first, 'coming');
    const both = await world.answer(alarmId, second, 'coming');

    expect([one.accepted, one.state]).toEqual([0, 'open']);
    expect([both.accepted, both.state]).toEqual([2, 'acknowledged']);
  });

  it('is not there for who was not told, and reports to who raised it', async () => {
    const [told, stranger] = [world.person(), world.person()];
    const { alarmId } = await world.raise(raiser, { audience: { userIds: [told] }, text: 'Hall 3' });
    await world.settle();
    world.bus.permissions = [];
    await world.answers.execute(
      { alarmId: alarmId as never, answer: 'coming', etaMinutes: 7, note: 'with two' },
      world.context(told),
    );

    expect(await codeOf(world.reads.read({ alarmId }, world.context(stranger)))).toBe('alarm_not_found');
    expect(await codeOf(world.answer(alarmId, stranger, 'coming'))).toBe('alarm_not_found');
    expect(await codeOf(world.answer(alarmId, told, 'perhaps'))).toBe('unknown_answer');
    const asked = { alarmId: alarmId as never, limit: 50 };
    expect(await codeOf(world.reads.report(asked, world.context(told)))).toBe('alarm_not_found');
    const report = await world.reads.report(asked, world.context(raiser));
    expect(report.alarm).toMatchObject({ title: 'Fire', text: 'Hall 3', accepted: 1 });
    expect(report.items).toMatchObject([
      { userId: told, answer: 'coming', etaMinutes: 7, note: 'with two', told: [{ path: 'socket', state: 'sent' }] },
    ]);
  });

  describe('and its notifications (P-10)', () => {
    it('are sent once each, however many engines run at once', async () => {
      const userIds = Array.from({ length: 300 }, () => world.person());
      await world.settings(['socket', 'push'], { massThreshold: 1_000 });
      const { alarmId } = await world.raise(raiser, { audience: { userIds } });
      const engines = Array.from({ length: 4 }, () => world.newEngine());

      await Promise.all(engines.map((engine) => world.settle(engine)));
      await world.elapse(6);
      await Promise.all(engines.map((engine) => world.settle(engine)));

      for (const path of ['socket', 'push'] as const) {
        const told = await world.told(path);
        expect(told.length).toBe(300);
        expect(new Set(told).size).toBe(300);
      }
      expect(await world.count(`SELECT count(*) AS n FROM notification WHERE alarm_id = '${alarmId}'`)).toBe(600);
    });

    it('are tried again after a passing failure, and not after a lasting one', async () => {
      const [busy, wrong] = [world.person(), world.person()];
      let failures = 2;
      world.paths.socket.outcome = ({ userId }) => {
        if (userId === wrong) return { state: 'failed', problem: 'no such device' };
        return failures-- > 0 ? { state: 'queued', problem: 'busy', retrySeconds: 30 } : { state: 'sent' };
      };
      const { alarmId } = await world.raise(raiser, { audience: { userIds: [busy, wrong] } });

      await world.settle();
      for (let round = 0; round < 4; round++) await world.pass(31);

      const told = await world.told('socket');
      expect(told.filter((line) => line.startsWith(busy)).length).toBe(3);
      expect(told.filter((line) => line.startsWith(wrong)).length).toBe(1);
      const { items } = await world.reads.report({ alarmId: alarmId as never, limit: 50 }, world.context(raiser));
      const stateOf = (id: UserId) => items.find(({ userId }) => userId === id)?.told[0]?.state;
      expect([stateOf(busy), stateOf(wrong)]).toEqual(['sent', 'failed']);
    });

    let release: () => void = () => undefined;
    /** What a replica sends with that has so many in its hands, and takes nothing more. */
    const takenAndNotFinished = async (count: number) => {
      const dispatcher = world.newDispatcher();
      await world.newEngine(dispatcher).runOnce();
      while (world.paths.socket.sent.length < count) await new Promise((resolve) => setTimeout(resolve, 10));
      return dispatcher;
    };

    it('that a replica took with it into its end are sent by another under the same id', async () => {
      const userIds = [world.person()];
      const providerAnswers = new Promise<Outcome>((resolve) => (release = () => resolve({ state: 'sent' })));
      world.paths.socket.outcome = ({ attempt }) => (attempt === 1 ? providerAnswers : { state: 'sent' });
      await world.raise(raiser, { audience: { userIds } });
      const dying = await takenAndNotFinished(1);

      await world.pass(31);
      release();
      await dying.idle();

      const ids = world.paths.socket.sent.map(({ id }) => id);
      expect(ids.length).toBe(2);
      expect(new Set(ids).size).toBe(1);
      expect(world.paths.socket.sent.map(({ attempt }) => attempt)).toEqual([1, 2]);
      expect(await world.count('SELECT count(*) AS n FROM notification WHERE attempt = 2')).toBe(1);
    });

    it('that a replica took with it into its end are not sent again after somebody has answered (P-10)', async () => {
      const [person, other] = [world.person(), world.person()];
      const providerAnswers = new Promise<Outcome>((resolve) => (release = () => resolve({ state: 'sent' })));
      world.paths.socket.outcome = ({ userId }) => (userId === person ? providerAnswers : { state: 'sent' });
      const { alarmId } = await world.raise(raiser, { audience: { userIds: [person, other] } });
      const dying = await takenAndNotFinished(2);

      await world.answer(alarmId, other, 'coming');
      await world.pass(31);
      release();
      await dying.idle();

      expect(await world.told('socket')).toHaveLength(2);
      expect(await world.count(`SELECT count(*) AS n FROM notification WHERE state = 'skipped' AND attempt = 1`)).toBe(
        2,
      );
    });

    it('are not sent to who has answered before it was their turn', async () => {
      const [quick, slow] = [world.person(), world.person()];
      const { alarmId } = await world.raise(raiser, { audience: { userIds: [quick, slow] }, needed: 2 });
      await world.settle();

      await world.answer(alarmId, quick, 'coming');
      await world.pass(6);

      expect(await world.told('push')).toEqual([`${slow} 0.0`]);
    });
  });

  it('that cannot be gone on with does not hold up others', async () => {
    const [one, two] = [world.person(), world.person()];
    const broken = await world.raise(raiser, { audience: { userIds: [one] } });
    await world.count(`UPDATE alarm_step SET rules = '{}' WHERE alarm_id = '${broken.alarmId}' RETURNING 1 AS n`);
    await world.raise(raiser, { audience: { userIds: [two] } });

    await world.settle();

    expect(await world.told('socket')).toEqual([`${two} 0.0`]);
    expect(await world.count("SELECT count(*) AS n FROM timer WHERE due_at > now() + interval '20 s'")).toBeGreaterThan(
      0,
    );
  });

  it('waits for a newer engine when the database has been moved on for one', async () => {
    await world.raise(raiser, { audience: { userIds: [world.person()] } });
    await world.db.query(`UPDATE engine_module SET version = version + 1 WHERE name = 'timers'`);

    await world.settle();

    expect(await world.told('socket')).toEqual([]);
  });
});
