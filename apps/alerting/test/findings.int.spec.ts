import { escalationPolicy, roster } from '@relais/contracts';
import { newId, type UserId } from '@relais/kernel';
import { metrics, silentLog } from '@relais/observability';
import { FindingsWatch } from '../src/policies/findings-watch.js';
import { Gauges } from '../src/measurements/gauges.js';
import { EngineWorld } from './engine-world.js';

describe('what would not work in an emergency', () => {
  let world: EngineWorld;
  let chief: UserId;
  let anna: UserId;

  beforeEach(async () => {
    world = await EngineWorld.open();
    [chief, anna] = [world.person(), world.person()];
  });
  afterEach(() => world.close());

  const layer = (userId: UserId) => ({
    ...{ userIds: [userId], shift: { unit: 'weeks', length: 1 }, timeZone: 'Europe/Berlin' },
    ...{ startsOn: '2026-01-01', handOverAt: '08:00' },
  });
  const putRoster = (rosterId: never, more: object = {}) =>
    world.rosters.put(
      { rosterId, roster: roster.parse({ name: 'x', layers: [layer(anna)], ...more }) },
      world.context(chief),
    );
  const putPolicy = (rosterId: never, policyId = newId() as never) =>
    world.policies.put(
      {
        policyId,
        policy: escalationPolicy.parse({
          name: 'x',
          steps: [{ targets: [{ kind: 'roster', rosterId }], waitSeconds: 60 }],
        }),
      },
      world.context(chief),
    );
  const facts = async (): Promise<string[]> =>
    (
      await world.db.query(`SELECT data -> 'object' ->> 'kind' AS kind FROM outbox
      WHERE data ->> 'action' = 'alarm-findings.error-found' ORDER BY 1`)
    ).map(({ kind }: { kind: string }) => kind);
  const shown = async (): Promise<(string | undefined)[]> => {
    await new Gauges(world.database, world.engine, silentLog).show();
    const text = await metrics.getSingleMetricAsString('relais_alarm_policy_findings');
    return ['error', 'warning'].map((severity) => new RegExp(`severity="${severity}"} (\\d+)`).exec(text)?.[1]);
  };

  it('is said when a policy is put, looked at again soon and every day, counted, and told of once when it is new', async () => {
    const rosterId = newId() as never;
    await world.equip();
    const before = await putPolicy(rosterId);
    await putRoster(rosterId);
    await world.pass(6);
    const sound = [await facts(), await shown()];

    world.bus.people = [chief];
    await world.pass(86_401);
    await world.pass(86_401);
    const withoutAnna = [await facts(), await shown()];
    await world.rosters.delete({ rosterId }, world.context(chief));
    await world.pass(6);

    expect(before.findings.map(({ code }) => code)).toEqual(['unknown_roster', 'nobody_on_duty']);
    expect(sound).toEqual([[], ['0', '0']]);
    expect(withoutAnna).toEqual([['roster'], ['1', '0']]);
    expect([await facts(), await shown()]).toEqual([
      ['escalation-policy', 'roster'],
      ['2', '0'],
    ]);
  });

  it('are people of a roster who do not hold its qualification, or will not for long', async () => {
    const [rosterId, qualificationId, ben] = [newId() as never, newId() as never, world.person()];
    await world.qualifications.put({ qualificationId, qualification: { name: 'doctor' } }, world.context(chief));
    const hold = (userId: UserId, inDays?: number) => {
      const validUntil =
        inDays === undefined ? {} : { validUntil: new Date(Date.now() + inDays * 86_400_000).toISOString() };
      return world.holders.put({ qualificationId, userId, ...validUntil }, world.context(chief));
    };
    const check = async (): Promise<string[]> =>
      (await world.rosters.read({ rosterId }, world.context(chief))).findings.map(
        ({ severity, code }) => `${severity} ${code}`,
      );
    await hold(ben);
    await world.equip();
    await putRoster(rosterId, { qualificationId, layers: [layer(anna), layer(ben)] });

    const without = await check();
    await hold(anna, 3);
    const notForLong = await check();
    await hold(anna, 30);
    const sound = await check();
    await world.qualifications.delete({ qualificationId }, world.context(chief));

    expect([without, notForLong, sound]).toEqual([['error unqualified'], ['warning unqualified'], []]);
    expect(await check()).toEqual(['error unknown_qualification']);
  });

  describe('of many policies and rosters', () => {
    const tells = (userId: UserId) =>
      escalationPolicy.parse({ name: 'x', steps: [{ targets: [{ kind: 'user', userId }], waitSeconds: 60 }] });
    const put = async (userId: UserId, times: number): Promise<void> => {
      for (let at = 0; at < times; at++)
        await world.policies.put({ policyId: newId() as never, policy: tells(userId) }, world.context(chief));
    };

    const passTurns = async (seconds: number): Promise<void> => {
      await world.pass(seconds);
      for (let turn = 1; turn < 3; turn++) await world.settle();
    };

    it('is found in all of them in turns, also who has no way to be told by', async () => {
      await world.settings(['push']);
      await put(anna, 25);
      await putRoster(newId() as never);

      await passTurns(6);
      const without = await shown();
      await world.equip();
      await passTurns(86_401);

      expect(without).toEqual(['26', '0']);
      expect(await shown()).toEqual(['0', '0']);
      expect(await world.count(`SELECT count(*) AS n FROM timer WHERE kind = 'findings'`)).toBe(1);
    });

    it('passes over one for which a turn is not enough, and begins again with it where a replica ended', async () => {
      await put(anna, 2);
      const watch = world.workers.find((one) => one instanceof FindingsWatch) as FindingsWatch;
      const look = (reason: DOMException) => {
        const timer = { organization_id: world.organizationId, subject_id: world.organizationId, kind: 'findings' };
        return watch.look({ ...timer, step: 0, cycle: 0, stage: 0 }, AbortSignal.abort(reason));
      };
      const stages = () => world.count(`SELECT max(stage) AS n FROM timer WHERE kind = 'findings'`);

      const ended = [await look(new DOMException('stopping', 'AbortError')), await stages()];
      const over = [await look(new DOMException('too long', 'TimeoutError')), await stages()];
      await world.settle();

      expect([ended, over]).toEqual([
        [0, 0],
        [86_400, 1],
      ]);
      expect(await world.count('SELECT count(*) AS n FROM finding_count')).toBe(1);
    });
  });
});
