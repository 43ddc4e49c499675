import { PROBES_A_MINUTE } from '@relais/contracts';
import { AppError, newId, type UserId } from '@relais/kernel';
import { measured } from '../src/measurements/measurements.postgres.js';
import { ProbeAlarms } from '../src/probe/probe-alarms.js';
import { idOf, ProbeWatch, watchProbe } from '../src/probe/probe-watch.js';
import { RaiseProbeHandler } from '../src/probe/raise-probe.js';
import { Access } from '@relais/service';
import { EngineWorld } from './engine-world.js';

describe('the probe alarm', () => {
  let world: EngineWorld;
  let probes: ProbeAlarms;
  let bot: UserId;

  beforeEach(async () => {
    world = await EngineWorld.open();
    probes = new ProbeAlarms(world.database, world.raiser);
    world.workers.push(probes, new ProbeWatch(world.database, probes));
    bot = world.person();
    await world.settings(['sms', 'socket'], { probeUserId: bot });
    await world.database.within(world.organizationId, (tx) => watchProbe(tx, world.organizationId));
  });
  afterEach(() => world.close());

  const success = async (): Promise<number | undefined> =>
    (await world.database.outside((tx) => measured(tx))).find(({ label }) => label === 'success')?.least;
  const receives = (alarmId: string): Promise<void> =>
    world.marks.add(world.organizationId, [
      { alarmId: alarmId as never, step: 0, cycle: 0, path: 'socket', state: 'received', userId: bot },
    ]);
  /** The errand raises; what it raised is sent in the cycle after it. */
  const run = async (seconds = 0): Promise<void> => {
    await world.pass(seconds);
    await world.settle();
  };
  const sent = () => world.paths.socket.sent.map(({ alarmId }) => alarmId);

  it('goes to the bot by the ways that can be kept quiet, and has come through when its device says so', async () => {
    await run();
    await receives(sent()[0] as string);
    await run(15);

    expect(sent()[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8/);
    expect(world.paths.socket.sent[0]?.userId).toBe(bot);
    expect(await world.told('sms')).toEqual([]);
    expect(await success()).toBe(1);
  });

  it('has not come through when no device says so, whatever was sent (P-11)', async () => {
    await run();
    const early = await success();
    await run(15);

    expect([early, await success()]).toEqual([undefined, 0]);
  });

  it('has not come through when it cannot be raised', async () => {
    world.bus.isDown = true;
    await world.settle();

    expect(await success()).toBe(0);
  });

  it('is raised once a minute, however many replicas look', async () => {
    const replicas = [world.newEngine(), world.newEngine(), world.engine];
    const all = () => Promise.all(replicas.map((engine) => world.settle(engine)));
    for (const seconds of [0, 15, 45, 15, 45]) {
      await world.pass(seconds);
      await all();
      await all();
    }

    expect(await world.count('SELECT count(*) AS n FROM alarm')).toBe(3);
    expect(sent()).toEqual([0, 1, 2].map((number) => idOf(world.organizationId, number)));
  });

  it('is in no list and leaves no facts', async () => {
    await run();
    const { items } = await world.reads.list({ state: 'all', limit: 50 }, world.context(bot));

    expect(sent()).toHaveLength(1);
    expect(items).toEqual([]);
    expect(await world.count('SELECT count(*) AS n FROM outbox')).toBe(0);
  });

  it('is gone after a day, and what is real stays', async () => {
    await world.raise(bot, { audience: { userIds: [world.person()] } });
    await world.settle();
    await world.database.within(world.organizationId, (tx) =>
      tx.query(`UPDATE alarm SET raised_at = raised_at - interval '25 hours'`),
    );
    await world.pass(3_700);

    const left = await world.count(`SELECT count(*) AS n FROM alarm WHERE raised_at < now() - interval '1 day'`);
    expect(left).toBe(1);
    expect(await world.count(`SELECT count(*) AS n FROM alarm WHERE source = 'api'`)).toBe(1);
  });

  it('ends when the settings name nobody any more, and is no longer judged', async () => {
    await run();
    await world.settings(['socket']);
    await run(120);
    const before = sent().length;
    await run(600);

    expect([sent().length, await success()]).toEqual([before, undefined]);
  });

  it('may be raised by a watchdog to itself, and not without end', async () => {
    const handler = new RaiseProbeHandler(world.database, new Access(world.bus), probes);
    const raise = () =>
      handler.execute({ alarmId: newId() }, world.context(bot)).then(
        () => 'ok',
        (error) => AppError.from(error).code,
      );
    const answers = [];
    for (let count = 0; count <= PROBES_A_MINUTE; count++) answers.push(await raise());
    await world.settle();

    expect(answers.slice(0, -1)).toEqual(Array.from({ length: PROBES_A_MINUTE }, () => 'ok'));
    expect(answers.at(-1)).toBe('too_many_test_alarms');
    expect(new Set(world.paths.socket.sent.map(({ userId }) => userId))).toEqual(new Set([bot]));
  });

  it('is not for who may raise no alarms (A-42)', async () => {
    world.bus.permissions = [];
    const handler = new RaiseProbeHandler(world.database, new Access(world.bus), probes);

    await expect(handler.execute({ alarmId: newId() }, world.context(bot))).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});
