import { jest } from '@jest/globals';
import {
  type OutageMode,
  probe as probeSchema,
  putProbe,
  switchOutageMode,
  WATCH,
  watchSettings,
} from '@relais/contracts';
import { newId, type UserId } from '@relais/kernel';
import { StandingMailServer, StandingWebServer } from '@relais/testing';
import { ReachableAddresses } from '../src/watch/addresses.js';
import { ManageWatchHandler } from '../src/watch/manage-watch.js';
import { Watch } from '../src/watch/watch.js';
import { EngineWorld } from './engine-world.js';

// A database of its own for each, on a machine that may be busy.
jest.setTimeout(60_000);

describe('the watch on the first channel', () => {
  let world: EngineWorld;
  let admin: UserId;
  let manage: ManageWatchHandler;
  let web: StandingWebServer;
  let mail: StandingMailServer;
  let other: StandingWebServer;
  let mode: OutageMode;
  let asked: boolean[];

  beforeEach(async () => {
    world = await EngineWorld.open();
    admin = world.person();
    const watcher = { replica: 'one', reachable: new ReachableAddresses(['127.0.0.1']) };
    const watch = new Watch(world.database, world.sealing, world.bus, watcher);
    world.workers.push(watch);
    const { database, access, sealing, engine } = world;
    manage = new ManageWatchHandler(database, access, sealing, engine, watch, watcher);
    [mode, asked] = [{ on: false, automatic: true }, []];
    world.bus.answers.set(switchOutageMode as never, async ({ on }: { on: boolean }) => {
      asked.push(on);
      return (mode = mode.automatic ? { ...mode, on } : mode);
    });
    [web, mail, other] = [
      new StandingWebServer((_, r) => r.end('ok')),
      new StandingMailServer(),
      new StandingWebServer((_, r) => r.end('ok')),
    ];
    await Promise.all([web.start(), mail.start(), other.start()]);
  });
  afterEach(async () => {
    await Promise.all([web.stop(), mail.stop(), other.stop()]);
    await world.close();
  });

  const put = (check: object, more: object = {}, probeId = newId<never>()) =>
    manage.put(
      { probeId, probe: probeSchema.parse({ name: 'Probe', intervalSeconds: 60, timeoutMs: 1_000, check, ...more }) },
      world.context(admin),
    );
  const webProbe = (more: object = {}) => put({ kind: 'http', url: web.url }, { name: 'Web', ...more });
  const mailProbe = () => put({ kind: 'smtp', host: '127.0.0.1', port: mail.port, tls: 'none' }, { name: 'Mail' });
  const settings = (more: object = {}) =>
    manage.putSettings(
      {
        settings: watchSettings.parse({
          switches: true,
          quorum: 2,
          failures: 2,
          recoveries: 2,
          minimumSeconds: 0,
          ...more,
        }),
      },
      world.context(admin),
    );
  const read = () => manage.read({}, world.context(admin));
  /** One look at everything, and what follows from it. */
  const round = async () => {
    await world.pass(61);
    await world.settle();
  };
  const rounds = async (count: number) => {
    for (let n = 0; n < count; n++) await round();
  };
  const watchSwitched = () => asked.filter((on, at) => on !== (asked[at - 1] ?? false));

  it('switches outage mode on when enough of it is down long enough, and off when all is well again', async () => {
    await settings();
    await webProbe();
    await mailProbe();
    await rounds(3);
    expect(watchSwitched()).toEqual([]);

    await web.stop();
    await rounds(3);
    expect((await read()).probes.map(({ probe, state }) => [probe.name, state])).toEqual([
      ['Web', 'down'],
      ['Mail', 'up'],
    ]);
    expect(mode.on).toBe(false);

    await mail.stop();
    await round();
    expect(mode.on).toBe(false);
    await round();
    expect(mode.on).toBe(true);
    expect(await read()).toMatchObject({ outage: true, since: expect.any(String) });

    await web.start();
    await rounds(3);
    expect(mode.on).toBe(true);
    await mail.start();
    await rounds(2);
    expect(mode.on).toBe(false);
    expect(watchSwitched()).toEqual([true, false]);
    expect(
      await world.count(
        `SELECT count(*) AS n FROM outbox WHERE data ->> 'action' IN ('watch.outage-found', 'watch.outage-over')`,
      ),
    ).toBe(2);
  });

  it('only looks until it is told to switch, and then makes good what it has concluded', async () => {
    await settings({ switches: false, quorum: 1 });
    await webProbe();
    await web.stop();
    await rounds(2);
    expect([(await read()).outage, asked]).toEqual([true, []]);

    await settings({ quorum: 1 });
    await world.settle();
    expect(mode.on).toBe(true);
  });

  it('repeats itself until auth has heard it, and leaves alone what a person has switched', async () => {
    await settings({ quorum: 1 });
    await webProbe();
    world.bus.isDown = true;
    await web.stop();
    await rounds(2);
    expect(asked).toEqual([]);
    world.bus.isDown = false;
    await world.pass(31);
    expect(mode.on).toBe(true);

    mode = { on: false, automatic: false };
    await web.start();
    await rounds(2);
    expect(mode).toEqual({ on: false, automatic: false });
  });

  it('does not take the loss of its own network for an outage', async () => {
    await settings({ quorum: 1 });
    await webProbe();
    await put({ kind: 'http', url: other.url }, { name: 'Elsewhere', role: 'control' });
    await rounds(2);
    await Promise.all([web.stop(), other.stop()]);
    await rounds(4);
    const { probes } = await read();
    expect(probes.find(({ probe }) => probe.name === 'Web')?.last).toMatchObject({
      ...{ outcome: 'unknown', problem: 'no_network', replica: 'one' },
    });
    expect(mode.on).toBe(false);

    await other.start();
    await rounds(2);
    expect(mode.on).toBe(true);
  });

  it('holds what it concluded for a while, so that nobody is moved to and fro', async () => {
    await settings({ quorum: 1, failures: 1, recoveries: 1, minimumSeconds: 3_600 });
    await webProbe();
    await web.stop();
    await round();
    await web.start();
    await rounds(3);
    expect(mode.on).toBe(true);

    await world.database.within(world.organizationId, (tx) =>
      tx.query(`UPDATE watch_state SET changed_at = changed_at - interval '1 hour'`),
    );
    await round();
    expect(mode.on).toBe(false);
  });

  it('counts anew when something else is looked at, and ends with its last probe', async () => {
    await settings({ quorum: 1 });
    const { id } = await webProbe();
    await web.stop();
    await rounds(2);
    expect(mode.on).toBe(true);

    await put({ kind: 'http', url: other.url }, {}, id as never);
    expect((await read()).probes).toMatchObject([{ state: 'unknown', failedInARow: 0 }]);
    await manage.delete({ probeId: id }, world.context(admin));
    await world.settle();
    expect(mode.on).toBe(false);
    expect((await read()).findings.map(({ code }) => code)).toEqual(['no_probes']);
  });

  it('keeps the last results of each probe, gives them out, and looks at once when it is told to', async () => {
    const { id } = await webProbe();
    await rounds(2);
    await world.database.within(world.organizationId, (tx) =>
      tx.query(
        `INSERT INTO watch_result (organization_id, probe_id, id, outcome, latency_ms, replica)
         SELECT $1, $2, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'ok', 1, 'old' FROM generate_series(1, 300) n`,
        [world.organizationId, id],
      ),
    );
    await round();
    const { items } = await manage.results({ probeId: id }, world.context(admin));
    expect([items.length, items[0]?.replica]).toEqual([WATCH.keptResults, 'one']);
    expect(await manage.try({ probeId: id }, world.context(admin))).toMatchObject({ outcome: 'ok' });
  });

  it('says what will not work when it is needed', async () => {
    const codes = async () => (await read()).findings.map(({ code }) => code);
    expect(await codes()).toEqual(['no_probes', 'not_switching']);
    await settings({ tolerated: 1 });
    await webProbe();
    expect(await codes()).toEqual(['quorum_too_high', 'tolerates_all', 'no_control']);
  });

  it('has few probes, keeps their secrets to itself, and sends them nowhere else', async () => {
    const graph = (more: object = {}) => ({
      ...{ kind: 'graph', tenantId: 't', clientId: 'c', loginUrl: other.url, graphUrl: other.url, ...more },
    });
    const off = { enabled: false };
    const { id } = await put(graph({ clientSecret: 'hush' }), off);
    expect(JSON.stringify(await read())).not.toContain('hush');
    const again = await put(graph(), off, id as never);
    expect(JSON.stringify(again)).not.toContain('hush');
    await expect(put(graph({ loginUrl: web.url }), off, id as never)).rejects.toMatchObject({
      code: 'client_secret_missing',
    });

    for (let n = 1; n < WATCH.probes; n++) await webProbe(off);
    await expect(webProbe(off)).rejects.toMatchObject({ code: 'too_many_probes' });
    const crowd = { name: 'x', check: { kind: 'http', url: 'http://x', statuses: Array(10_000).fill(200) } };
    expect(putProbe.input.safeParse({ probeId: newId(), probe: crowd }).success).toBe(false);
  });

  it('is in the hands of those who may switch outage mode', async () => {
    world.bus.permissions = ['manage_alarms', 'raise_alarms'];

    for (const asked_ of [webProbe(), settings(), read(), manage.delete({ probeId: newId() }, world.context(admin))])
      await expect(asked_).rejects.toMatchObject({ code: 'forbidden' });
  });
});
