import { AppError, newId } from '@relais/kernel';
import { setTimer } from '../src/engine/timers.postgres.js';
import { changeBeatState } from '../src/sources/source-rows.postgres.js';
import { type Made, SourcesWorld } from './sources-world.js';

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: unknown) => AppError.from(error).code,
  );

const START_MS = 30_000;

describe('a heartbeat', () => {
  let world: SourcesWorld;
  let source: Made;
  const settings = { kind: 'heartbeat' as const, name: 'Backup', everySeconds: 60, graceSeconds: 5 };

  beforeEach(async () => {
    world = await SourcesWorld.open();
    source = await world.source(settings);
  }, START_MS);
  afterEach(() => world.close());

  const states = async () => (await world.alarms()).map(({ state }) => state);

  it('that is missed alarms within 10 s of its time, once, and ends the alarm when it is back (P-12)', async () => {
    await world.beats(source);
    await world.pass(64);
    const before = await states();
    await world.pass(10);
    const missed = await world.alarms();
    await world.pass(3_600);
    const later = await states();
    await world.beats(source);
    const back = await states();
    await world.pass(66);

    expect(before).toEqual([]);
    expect(missed).toMatchObject([{ title: 'Backup', state: 'open' }]);
    expect(later).toEqual(['open']);
    expect(back).toEqual(['all_clear']);
    expect(await states()).toEqual(['open', 'all_clear']);
    expect(await world.outcomes(source)).toEqual(['raised', 'resolved', 'raised']);
  });

  it('that comes in time keeps quiet, however often', async () => {
    for (let round = 0; round < 5; round++) {
      await world.beats(source);
      await world.pass(60);
    }

    expect(await states()).toEqual([]);
  });

  it('has more time for the first one, and is missed after that', async () => {
    const late = await world.source({ ...settings, firstBeatSeconds: 600 });
    await world.pass(590);
    const before = await states();
    await world.pass(20);

    expect(before).toEqual([]);
    expect(await states()).toEqual(['open']);
    await world.beats(late);
    expect(await states()).toEqual(['all_clear']);
  });

  it('is not missed while it is paused, and has its time anew afterwards', async () => {
    await world.beats(source);
    await world.source({ ...settings, isPaused: true }, source.sourceId);
    await world.pass(3_600);
    expect(await codeOf(world.beats(source))).toBe('ok');
    await world.source(settings, source.sourceId);
    await world.pass(60);
    const before = await states();
    await world.pass(10);

    expect(before).toEqual([]);
    expect(await states()).toEqual(['open']);
  });

  it('raises one alarm for a miss, also when the replica ends before it has written that down', async () => {
    await world.beats(source);
    await world.pass(0);
    const { organizationId, database } = world.engine;
    await world.pass(70);
    await database.within(organizationId, async (tx) => {
      await changeBeatState(tx, organizationId, source.sourceId, 'alive');
      await setTimer(tx, organizationId, { subject_id: source.sourceId, kind: 'heartbeat' }, 0);
    });

    expect(await states()).toEqual(['open']);
  });

  it('is looked for again when auth was away', async () => {
    await world.beats(source);
    world.engine.bus.isDown = true;
    await world.pass(70);
    world.engine.bus.isDown = false;
    await world.pass(31);

    expect(await states()).toEqual(['open']);
  });

  it('needs its secret; an unknown one is told the same (A-10)', async () => {
    for (const made of [
      { ...source, secret: 'x' },
      { ...source, sourceId: newId() },
      { ...source, secret: '' },
    ])
      expect(await codeOf(world.beats(made))).toBe('source_refused');
    expect(await world.outcomes(source)).toEqual(['refused']);
  });

  it('may come so often, and is asked to wait then', async () => {
    const codes = [];
    for (let n = 0; n < 90; n++) codes.push(await codeOf(world.beats(source)));

    expect(codes.slice(0, 60)).toEqual(Array.from({ length: 60 }, () => 'ok'));
    expect(codes).toContain('rate_limited');
  });

  it('of a source that is gone raises nothing', async () => {
    await world.beats(source);
    await world.manage.delete({ sourceId: source.sourceId }, world.context);
    await world.pass(3_600);

    expect(await states()).toEqual([]);
    expect(await codeOf(world.beats(source))).toBe('source_refused');
  });
});
