import type { DrillPlan } from '@relais/contracts';
import { AppError, newId, type PoolId, type UserId } from '@relais/kernel';
import { Access } from '@relais/service';
import { AlarmSettingsHandler } from '../src/alarm-settings.js';
import { Audiences } from '../src/audience.js';
import { DrillRuns } from '../src/drills/drill-runs.js';
import { DrillsHandler } from '../src/drills/drills.js';
import { MeasureDrill } from '../src/drills/measure-drill.js';
import { measured } from '../src/measurements/measurements.postgres.js';
import { EngineWorld } from './engine-world.js';

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: unknown) => AppError.from(error).code,
  );

describe('a silent drill', () => {
  let world: EngineWorld;
  let drills: DrillsHandler;
  let boss: UserId;

  beforeEach(async () => {
    world = await EngineWorld.open();
    const measure = new MeasureDrill(world.database, world.bus, new Audiences(world.bus), world.policies);
    const runs = new DrillRuns(world.database, world.raiser, measure);
    world.workers.push(runs);
    drills = new DrillsHandler(world.database, new Access(world.bus), runs);
    boss = world.person();
    await world.settings(['sms', 'socket', 'push']);
  });
  afterEach(() => world.close());

  const start = async (plan: Partial<DrillPlan>, drillId = newId<never>()) => {
    await world.equip();
    return drills.start({ drillId, plan: { poolIds: [], everyone: false, seconds: 60, ...plan } }, world.context(boss));
  };
  const read = (drillId: string) => drills.read({ drillId }, world.context(boss));
  const receives = (drillId: string, userId: UserId, path: 'socket' | 'push') =>
    world.marks.add(world.organizationId, [
      { alarmId: drillId as never, step: 0, cycle: 0, path, state: 'received', userId },
    ]);
  const run = async (seconds = 0): Promise<void> => {
    await world.pass(seconds);
    await world.settle();
  };

  it('measures whom it reached by which way and of which pool, and whom nothing reaches', async () => {
    const [open, pocket, gone] = [world.person(), world.person(), world.person()];
    const [field, office] = [newId<PoolId>(), newId<PoolId>()];
    world.bus.pools.set(field, [open, gone]).set(office, [pocket]);
    world.paths.push.outcome = ({ userId }) =>
      userId === gone ? { state: 'failed', problem: 'gone' } : { state: 'sent' };

    const { id } = await start({ poolIds: [field, office] });
    await run();
    await receives(id, open, 'socket');
    await run(6);
    await receives(id, pocket, 'push');
    await run(60);
    const { state, score, report } = await read(id);

    expect([state, score]).toEqual(['done', 67]);
    expect(report).toMatchObject({ people: 3, reached: 2, unreached: [gone], withoutPath: [gone] });
    expect(report?.pools).toEqual([
      { poolId: field, people: 2, reached: 1 },
      { poolId: office, people: 1, reached: 1 },
    ]);
    expect(report?.paths).toEqual([
      { path: 'push', told: 2, sent: 1, received: 1, failed: 1, problems: { gone: 1 } },
      { path: 'socket', told: 3, sent: 3, received: 1, failed: 0, problems: {} },
    ]);
    expect(await world.told('sms')).toEqual([]);
    expect(
      (await world.database.outside((tx) => measured(tx))).find(({ name }) => name === 'drill_score'),
    ).toMatchObject({
      ...{ label: 'pools', least: 67 },
    });
  });

  it('of everybody measures every pool', async () => {
    const [field, office] = [newId<PoolId>(), newId<PoolId>()];
    world.bus.pools.set(field, [boss, world.person()]).set(office, [world.person()]);

    const { id } = await start({ everyone: true });
    await run();
    await receives(id, boss, 'socket');
    await run(60);

    expect((await read(id)).report?.pools).toEqual([
      { poolId: field, people: 2, reached: 1 },
      { poolId: office, people: 1, reached: 0 },
    ]);
  });

  it('takes off for policies with errors and times without anybody on duty', async () => {
    const empty = { targets: [{ kind: 'pool' as const, poolId: newId<PoolId>() }], waitSeconds: 60 };
    const policy = { name: 'x', repeat: 0, steps: [{ ...empty, needsEveryone: false }] };
    await world.policies.put({ policyId: newId(), policy } as never, world.context(boss));

    const { id } = await start({ everyone: true });
    await run();
    await receives(id, boss, 'socket');
    await run(60);

    expect(await read(id)).toMatchObject({ score: 80, report: { parts: { reach: 1, duty: 1, policies: 0 } } });
  });

  it('is in nobody’s list of alarms, and leaves what was done with it', async () => {
    const { id } = await start({ everyone: true });
    await run();
    await run(60);
    const { items } = await world.reads.list({ state: 'all', limit: 50 }, world.context(boss));
    const facts = await world.database.within(world.organizationId, (tx) =>
      tx.query(`SELECT o.data ->> 'action' AS action FROM outbox o ORDER BY 1`),
    );

    expect(items).toEqual([]);
    expect((facts as { action: string }[]).map(({ action }) => action)).toEqual(['drill.ended', 'drill.started']);
    expect((await drills.list({ limit: 50 }, world.context(boss))).items).toMatchObject([{ id, score: 0 }]);
  });

  it('makes way for a real alarm to some of its people, and not for one to others', async () => {
    const [mine, other] = [world.person(), world.person()];
    const pool = newId<PoolId>();
    world.bus.pools.set(pool, [mine]);
    const { id } = await start({ poolIds: [pool], seconds: 600 });
    await world.raise(boss, { audience: { userIds: [other] } });
    await run();
    const before = (await read(id)).state;
    await world.raise(boss, { audience: { userIds: [mine] } });
    await run(30);

    expect([before, (await read(id)).state]).toEqual(['running', 'interrupted']);
    expect(await world.count(`SELECT count(*) AS n FROM notification WHERE alarm_id = '${id}' AND path = 'push'`)).toBe(
      0,
    );
  });

  it('goes after everything that is real', async () => {
    world.bus.pools.set(newId<PoolId>(), []);
    await start({ everyone: true });
    await world.engine.runOnce();
    const other = world.person();
    await world.raise(boss, { audience: { userIds: [other] }, severity: 'notice' });
    await world.engine.runOnce();

    const priorities = await world.database.within(world.organizationId, (tx) =>
      tx.query('SELECT a.source, n.priority FROM notification n JOIN alarm a ON a.id = n.alarm_id ORDER BY n.priority'),
    );
    expect((priorities as { source: string }[]).map(({ source }) => source)).toEqual(['api', 'drill']);
  });

  it('is one at a time, and the same however often it is begun', async () => {
    const drillId = newId<never>();
    const first = await start({ everyone: true }, drillId);

    expect(await start({ everyone: true }, drillId)).toEqual(first);
    expect(await codeOf(start({ everyone: true, seconds: 90 }, drillId))).toBe('drill_id_reused');
    expect(await codeOf(start({ everyone: true }))).toBe('drill_running');
    expect(await codeOf(start({ poolIds: [newId<PoolId>()] }))).toBe('drill_running');
  });

  it('to nobody is refused, and so is one by who may not (A-42)', async () => {
    expect(await codeOf(start({ poolIds: [newId<PoolId>()] }))).toBe('empty_audience');
    world.bus.permissions = ['raise_alarms'];
    expect(await codeOf(start({ everyone: true }))).toBe('forbidden');
    expect(await codeOf(drills.list({ limit: 50 }, world.context(boss)))).toBe('forbidden');
    expect(await codeOf(read(newId()))).toBe('forbidden');
  });

  it('comes by itself as the settings say, and not any more when they do not', async () => {
    const settings = new AlarmSettingsHandler(world.database, new Access(world.bus));
    const { alarmSettings } = await import('@relais/contracts');
    const put = (drills?: object) =>
      settings.put(
        { settings: alarmSettings.parse({ paths: ['socket'], ...(drills ? { drills } : {}) }) },
        world.context(boss),
      );

    expect(await codeOf(put({ cron: 'often', everyone: true }))).toBe('bad_schedule');
    await put({ cron: '* * * * *', everyone: true, seconds: 30 });
    await run(60);
    const { items } = await drills.list({ limit: 50 }, world.context(boss));
    expect(items).toMatchObject([{ trigger: 'schedule', state: 'running' }]);

    await put();
    expect(await world.count(`SELECT count(*) AS n FROM timer WHERE kind = 'drill-schedule'`)).toBe(0);
  });
});
