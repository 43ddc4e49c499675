import { AppError, newId } from '@relais/kernel';
import { rows } from '@relais/database';
import { setTimer } from '../src/engine/timers.postgres.js';
import { type Made, SourcesWorld } from './sources-world.js';

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: unknown) => AppError.from(error).code,
  );

const START_MS = 30_000;

describe('a schedule', () => {
  let world: SourcesWorld;

  beforeEach(async () => {
    world = await SourcesWorld.open();
  }, START_MS);
  afterEach(() => world.close());

  const siren = { kind: 'schedule' as const, name: 'Siren', title: 'Test of the sirens', cron: '0 12 * * SAT#1' };
  const nextOf = async ({ sourceId }: Made) => {
    const { items } = await world.manage.list({}, world.context);
    return items.find(({ id }) => id === sourceId)?.nextAt;
  };
  const dueFor = (made: Made, seconds: number) => dueAt(made, new Date(Date.now() - seconds * 1_000));
  /** This was its time. */
  const dueAt = async ({ sourceId }: Made, time: Date) => {
    const { database, organizationId } = world.engine;
    await database.within(organizationId, async (tx) => {
      await rows(tx, 'UPDATE alarm_source SET next_at = $1', [time]);
      await setTimer(tx, organizationId, { subject_id: sourceId, kind: 'schedule' }, 0);
    });
    await world.engine.settle();
  };

  it('raises a drill at its time, once, and then at the next', async () => {
    const made = await world.source(siren);
    expect(await nextOf(made)).toMatch(/T12:00:00.000Z$/);
    await dueFor(made, 5);
    await world.engine.settle();
    const [alarm, ...others] = await world.alarms();

    expect(alarm).toMatchObject({ title: 'Test of the sirens', isDrill: true, state: 'open' });
    expect(others).toEqual([]);
    expect(Date.parse(String(await nextOf(made)))).toBeGreaterThan(Date.now());
    expect(await world.outcomes(made)).toEqual(['raised']);
  });

  it('raises once for a time, also when the replica ends before it has written that down', async () => {
    const made = await world.source({ ...siren, isDrill: false });
    const time = new Date(Date.now() - 5_000);
    await dueAt(made, time);
    await dueAt(made, time);

    expect((await world.alarms()).length).toBe(1);
    expect(await world.outcomes(made)).toEqual(['raised', 'raised']);
  });

  it('leaves out, with a fact, what nothing here ran for', async () => {
    const made = await world.source({ ...siren, lateSeconds: 60 });
    await dueFor(made, 61);

    expect(await world.alarms()).toEqual([]);
    expect(await world.outcomes(made)).toEqual(['skipped']);
    expect(Date.parse(String(await nextOf(made)))).toBeGreaterThan(Date.now());
    const facts: { n: string }[] = await world.engine.db.query(
      `SELECT count(*) AS n FROM outbox WHERE data::text LIKE '%alarm-source.skipped%'`,
    );
    expect(facts).toEqual([{ n: '1' }]);
  });

  it('raises one alarm at a time that was said, and no other', async () => {
    const { cron: _, ...once } = siren;
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const made = await world.source({ ...once, at, isDrill: false });
    await world.pass(3_590);
    const before = await world.alarms();
    await world.pass(11);
    const [alarm] = await world.alarms();
    await world.pass(86_400);

    expect(before).toEqual([]);
    expect(alarm).toMatchObject({ title: 'Test of the sirens', isDrill: false });
    expect((await world.alarms()).length).toBe(1);
    expect(await nextOf(made)).toBeUndefined();
  });

  it('that is paused raises nothing, and goes on with what comes after', async () => {
    const made = await world.source(siren);
    await world.source({ ...siren, isPaused: true }, made.sourceId);
    await dueFor(made, 5);
    await world.source(siren, made.sourceId);
    await world.engine.settle();

    expect(await world.alarms()).toEqual([]);
    expect(Date.parse(String(await nextOf(made)))).toBeGreaterThan(Date.now());
  });

  it.each([
    ['invalid_schedule', { cron: 'x' }],
    ['invalid_schedule', { cron: '* * * * * *' }],
    ['invalid_schedule', { cron: '0 0 30 2 *' }],
    ['invalid_schedule', { cron: undefined, at: '2020-01-01T00:00:00Z' }],
    ['unknown_time_zone', { timeZone: 'Mars/Olympus' }],
  ])('is refused with %s when it never comes: %p', async (code, more) => {
    expect(await codeOf(world.source({ ...siren, ...more }))).toBe(code);
  });

  it('is sent nothing, and has no secret to be renewed', async () => {
    const made = await world.source(siren);

    expect(made.secret).toBe('');
    const rotate = world.manage.rotate({ sourceId: made.sourceId as never, overlapSeconds: 0 }, world.context);
    expect(await codeOf(rotate)).toBe('source_without_secret');
    const unknown = world.manage.rotate({ sourceId: newId(), overlapSeconds: 0 }, world.context);
    expect(await codeOf(unknown)).toBe('source_not_found');
  });
});
