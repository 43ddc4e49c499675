import { metrics, silentLog } from '@relais/observability';
import type { UserId } from '@relais/kernel';
import { TOLD_AT_ONCE } from '../src/notifications/tell.postgres.js';
import { Gauges } from '../src/measurements/gauges.js';
import { measured } from '../src/measurements/measurements.postgres.js';
import { ReachWatch } from '../src/measurements/reach-watch.js';
import { EngineWorld } from './engine-world.js';

/** The value of one series of /metrics; labels as Prometheus writes them. */
async function series(name: string): Promise<number> {
  const line = (await metrics.metrics()).split('\n').find((one) => one.startsWith(`${name} `));
  if (!line) throw new Error(`there is no series ${name}`);
  return Number(line.slice(name.length + 1));
}

/** How much the work adds to a series. */
async function added(name: string, work: () => Promise<unknown>): Promise<number> {
  const before = await series(name);
  await work();
  return (await series(name)) - before;
}

const DISPATCHED = 'relais_alarm_dispatch_duration_seconds_count{severity="emergency"}';
const DELIVERED = 'relais_alarm_delivery_duration_seconds_count{severity="emergency",path="socket"}';
const LATE = 'relais_alarm_escalation_delay_seconds_bucket{le="10",level="0"}';

describe('what is measured of alarms', () => {
  let world: EngineWorld;
  let raiser: UserId;

  beforeEach(async () => {
    world = await EngineWorld.open();
    world.workers.push(new ReachWatch());
    raiser = world.person();
    await world.settings(['socket']);
  });
  afterEach(() => world.close());

  const unreached = async (): Promise<Record<string, number>> => {
    const found = await world.database.outside((tx) => measured(tx));
    return Object.fromEntries(found.filter(({ total }) => total > 0).map(({ label, total }) => [label, total]));
  };
  const received = (alarmId: string, userId: UserId) =>
    world.marks.add(world.organizationId, [
      { alarmId: alarmId as never, step: 0, cycle: 0, path: 'socket', state: 'received', userId },
    ]);
  const told = (seconds: number): Promise<unknown> =>
    world.database.within(world.organizationId, (tx) =>
      tx.query('UPDATE alarm_recipient SET told_at = told_at - make_interval(secs => $1)', [seconds]),
    );

  it('are the people whom an open alarm has not reached within a minute', async () => {
    const [deaf, silent, hears] = [world.person(), world.person(), world.person()];
    const { alarmId } = await world.raise(raiser, { audience: { userIds: [deaf, silent, hears] }, needed: 2 });
    await world.settle();
    await received(alarmId, hears);
    await world.pass(20);
    const early = await unreached();
    await told(61);
    await world.pass(20);
    const late = await unreached();
    await world.answer(alarmId, silent, 'not_coming');
    await world.pass(20);
    const afterAnswer = await unreached();
    await world.changes.end({ alarmId: alarmId as never, as: 'all_clear' }, world.context(raiser));
    await world.pass(20);

    expect([early, late, afterAnswer, await unreached()]).toEqual([{}, { alarm: 2 }, { alarm: 1 }, {}]);
  });

  it('is for how long an alarm has waited for a second person', async () => {
    await world.settings(['socket'], { massThreshold: 1 });
    const { alarmId } = await world.raise(raiser, { audience: { userIds: [world.person(), world.person()] } });
    await world.database.within(world.organizationId, (tx) =>
      tx.query(`UPDATE alarm SET raised_at = raised_at - interval '1 hour'`),
    );
    const gauges = new Gauges(world.database, world.engine, silentLog);
    const shown = async () => {
      await world.pass(20);
      await gauges.show();
      return series('relais_alarm_awaiting_approval_seconds');
    };

    const waiting = await shown();
    await world.approver.execute({ alarmId }, world.context(world.person()));

    expect([Math.floor(waiting / 60), await shown()]).toEqual([60, 0]);
  });

  it('is shown by every replica, whichever has counted', async () => {
    await world.raise(raiser, { audience: { userIds: [world.person()] }, severity: 'notice' });
    await world.settle();
    await told(61);
    await world.pass(20);
    const gauges = new Gauges(world.database, world.engine, silentLog);
    await gauges.show();

    expect(await series('relais_alarm_unreached_recipients{severity="notice"}')).toBe(1);
    expect(await series('relais_alarm_unreached_recipients{severity="emergency"}')).toBe(0);
  });

  it('is how long it took to tell the first people, once, when the last of them has been told', async () => {
    for (let count = TOLD_AT_ONCE; count > 0; count--) world.person();
    const raise = () => world.raise(raiser, { audience: { everyone: true }, severity: 'emergency' });

    const counted = await added(DISPATCHED, async () => {
      await raise();
      await world.settle();
      await world.pass(1);
    });

    expect(counted).toBe(1);
    expect(await world.count('SELECT count(*) AS n FROM alarm WHERE dispatched_at IS NOT NULL')).toBe(1);
  });

  it('is not how long it took where somebody is still waiting to be told', async () => {
    world.paths.socket.outcome = () => ({ state: 'queued', problem: 'busy', retrySeconds: 5 });
    const audience = { userIds: [world.person()] };
    const notYet = await added(DISPATCHED, async () => {
      await world.raise(raiser, { audience, severity: 'emergency' });
      await world.settle();
    });
    world.paths.socket.outcome = () => ({ state: 'sent' });

    expect([notYet, await added(DISPATCHED, () => world.pass(6))]).toEqual([0, 1]);
  });

  it('is the first time that a device has it, and not a repetition', async () => {
    const hears = world.person();
    const { alarmId } = await world.raise(raiser, { audience: { userIds: [hears] }, severity: 'emergency' });
    await world.settle();

    const counts = [
      await added(DELIVERED, () => received(alarmId, hears)),
      await added(DELIVERED, () => received(alarmId, hears)),
    ];

    expect(counts).toEqual([1, 0]);
  });

  it('is how late a step came (P-10)', async () => {
    await world.raise(raiser, { audience: { userIds: [world.person()] } });
    await world.db.query(`UPDATE timer SET due_at = due_at - interval '30 seconds' WHERE kind = 'step'`);

    expect(await added(LATE, () => world.settle())).toBe(0);
    await world.raise(raiser, { audience: { userIds: [world.person()] } });
    expect(await added(LATE, () => world.settle())).toBe(1);
  });
});
