import { AppError, newId } from '@relais/kernel';
import { alert, type Made, message, SourcesWorld } from './sources-world.js';

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: unknown) => AppError.from(error).code,
  );

const START_MS = 30_000;

describe('Alertmanager', () => {
  let world: SourcesWorld;
  let source: Made;

  beforeEach(async () => {
    world = await SourcesWorld.open();
    source = await world.source({ kind: 'alertmanager', name: 'Prometheus' });
  }, START_MS);
  afterEach(() => world.close());

  const disk = (more: object = {}, annotations: Record<string, string> = { summary: 'Disk of db1 is full' }) =>
    alert({ alertname: 'Disk', instance: 'db1', severity: 'critical', ...more }, annotations);

  it('raises one alarm of a group, says what changes in it, and ends it when the group is resolved', async () => {
    const raised = await world.fires(source, message([disk()]));
    const again = await world.fires(source, message([disk()]));
    const [first] = await world.alarms();
    const more = disk({ instance: 'db2' }, { summary: 'Disk of db2 is full' });
    await world.fires(source, message([disk(), more]));
    const [second] = await world.alarms();
    const over = await world.fires(source, message([alert({ alertname: 'Disk' }, {}, 'resolved')]));

    expect([raised.outcome, again.outcome, over.outcome]).toEqual(['raised', 'taken_in', 'resolved']);
    expect(first).toMatchObject({ title: 'Disk of db1 is full', severity: 'emergency', state: 'open' });
    expect(second?.text).toBe('Disk of db1 is full\nDisk of db2 is full');
    expect(await world.alarms()).toMatchObject([{ id: raised.alarmId, state: 'all_clear' }]);
    expect(await world.outcomes(source)).toEqual(['resolved', 'taken_in', 'taken_in', 'raised']);
  });

  it('raises another when the group fires again after its end', async () => {
    const first = await world.fires(source, message([disk()]));
    await world.fires(source, message([alert({ alertname: 'Disk' }, {}, 'resolved')]));
    const second = await world.fires(source, message([disk()]));

    expect([first.outcome, second.outcome]).toEqual(['raised', 'raised']);
    expect(second.alarmId).not.toBe(first.alarmId);
    expect(
      await world.fires(source, message([alert({ alertname: 'Cpu' }, {}, 'resolved')], { groupKey: 'x' })),
    ).toEqual({
      outcome: 'ignored',
    });
  });

  it('that says the same at once from several replicas raises one alarm', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => world.fires(source, message([disk()]))));

    expect(new Set(all.map(({ alarmId }) => alarmId)).size).toBe(1);
    expect((await world.alarms()).length).toBe(1);
  });

  it('raises anew what got worse, and the better alarm is taken back', async () => {
    const warned = await world.fires(source, message([disk({ severity: 'warning' })]));
    await world.engine.settle();
    const worse = await world.fires(source, message([disk({ severity: 'critical' })]));

    expect(worse.outcome).toBe('raised');
    expect(await world.alarms()).toMatchObject([
      { id: worse.alarmId, state: 'open', severity: 'emergency' },
      { id: warned.alarmId, state: 'cancelled', severity: 'alarm' },
    ]);
  });

  it('only notes the end where the source has it so', async () => {
    const noting = await world.source({ kind: 'alertmanager', name: 'Quiet', onResolved: 'note' });
    await world.fires(noting, message([disk({}, { summary: 'Disk of db1 is full', description: '97 % are used' })]));
    await world.fires(noting, message([alert({ alertname: 'Disk' }, {}, 'resolved')]));
    await world.fires(noting, message([alert({ alertname: 'Disk' }, {}, 'resolved')]));

    const [alarm] = await world.alarms();
    expect(alarm).toMatchObject({ state: 'open' });
    expect(alarm?.text).toMatch(/^Resolved \S+Z\n97 % are used$/);
  });

  it('tells those whom a route names, and those of the source when the route reaches nobody', async () => {
    const [dba, network] = [world.engine.person(), world.engine.person()];
    const routes = [
      { when: [{ label: 'team', is: ['db'] }], audience: { userIds: [dba] } },
      {
        when: [
          { label: 'team', is: ['net'] },
          { label: 'site', isNot: ['lab'] },
        ],
        audience: { userIds: [network] },
      },
      { when: [{ label: 'team', is: ['gone'] }], audience: { userIds: [newId<never>()] } },
    ];
    const routed = await world.source({ kind: 'alertmanager', name: 'Routed', routes });
    const teams = ['db', 'net', 'gone', 'other'];
    for (const team of teams) await world.fires(routed, message([disk({ team })], { groupKey: team }));
    await world.fires(routed, message([disk({ team: 'net', site: 'lab' })], { groupKey: 'lab' }));
    await world.engine.settle();

    const told = await world.engine.told('socket');
    expect(told.filter((one) => one.startsWith(dba)).length).toBe(1);
    expect(told.filter((one) => one.startsWith(network)).length).toBe(1);
    expect(told.filter((one) => one.startsWith(world.admin)).length).toBe(3);
  });

  it('is told of as many alerts as fit, and of how many more there are', async () => {
    const alerts = Array.from({ length: 25 }, (_, n) => disk({ instance: `db${n}` }, { summary: `Disk ${n} is full` }));
    await world.fires(source, message(alerts, { truncatedAlerts: 7 }));

    const [alarm] = await world.alarms();
    expect(alarm?.text.split('\n')).toHaveLength(21);
    expect(alarm?.text).toMatch(/\n\+ 12$/);
  });

  it('waits for auth: nothing is answered as taken that was not', async () => {
    world.engine.bus.isDown = true;
    expect(await codeOf(world.fires(source, message([disk()])))).toBe('internal_error');
    world.engine.bus.isDown = false;
    expect((await world.fires(source, message([disk()]))).outcome).toBe('raised');
    expect(await world.outcomes(source)).toEqual(['raised', 'failed']);
  });

  it('is asked to repeat what nobody would hear, because somebody may put that right', async () => {
    const raises = { audience: { userIds: [newId<never>()] } };
    const lonely = await world.source({ kind: 'alertmanager', name: 'Lonely', raises });

    expect(await codeOf(world.fires(lonely, message([disk()])))).toBe('source_cannot_raise');
    expect(await world.deliveries(lonely)).toEqual([
      { at: expect.any(String) as string, outcome: 'failed', problem: 'source_cannot_raise: empty_audience' },
    ]);
  });

  it.each([
    ['no JSON', '{"version":'],
    ['another version', JSON.stringify({ ...message([]), version: '3' })],
    ['no alerts', JSON.stringify(message([]))],
    ['a list', '[]'],
    ['nested without end', '['.repeat(60_000)],
  ])('is refused %s for good (A-04)', async (_, body) => {
    expect(await codeOf(world.fires(source, body))).toBe('malformed_delivery');
    expect(await world.outcomes(source)).toEqual(['failed']);
  });

  it('cannot reach into prototypes (A-04)', async () => {
    const text = JSON.stringify(message([disk()])).replace(
      '"instance"',
      '"__proto__":{"polluted":"x"},"constructor":"y","instance"',
    );
    const code = await codeOf(world.fires(source, text));

    expect(['ok', 'malformed_delivery']).toContain(code);
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });

  it('has to show its secret: a wrong one and an unknown source are told alike (A-10)', async () => {
    const asks = [
      { ...source, secret: 'wrong' },
      { ...source, secret: '' },
      { ...source, sourceId: newId() },
    ];
    const codes = await Promise.all(asks.map((one) => codeOf(world.fires(one, message([disk()])))));

    expect(codes).toEqual(['source_refused', 'source_refused', 'source_refused']);
    expect(await world.alarms()).toEqual([]);
    expect(await world.outcomes(source)).toEqual(['refused']);
  });

  it('may go on with the old secret for a day after it got a new one', async () => {
    const rotated = await world.manage.rotate(
      { sourceId: source.sourceId as never, overlapSeconds: 86_400 },
      world.context,
    );
    const renewed = { ...source, secret: rotated.secret as string };

    expect((await world.fires(source, message([disk()]))).outcome).toBe('raised');
    expect((await world.fires(renewed, message([disk()]))).outcome).toBe('taken_in');
    await world.pass(86_401);
    expect(await codeOf(world.fires(source, message([disk()])))).toBe('source_refused');
    expect((await world.fires(renewed, message([disk()]))).outcome).toBe('taken_in');
  });

  it('may send so much and is asked to wait then, with a code at which it repeats; emergencies may more', async () => {
    const notice = await world.source({
      kind: 'alertmanager',
      name: 'Notices',
      severities: {},
      raises: { severity: 'notice' },
    });
    const sendMany = async (made: Made, times: number) => {
      for (let sent = 0; sent < times; sent++) {
        const code = await codeOf(world.fires(made, '{}'));
        if (code !== 'malformed_delivery') return { sent, code };
      }
      return { sent: times, code: 'ok' };
    };

    const few = await sendMany(notice, 100);
    expect(few.code).toBe('source_busy');
    expect(few.sent).toBeGreaterThanOrEqual(60);
    expect(few.sent).toBeLessThan(75);
    expect(await sendMany(source, 100)).toEqual({ sent: 100, code: 'ok' });
    expect((await world.deliveries(source)).length).toBe(100);
  }, 60_000);
});
