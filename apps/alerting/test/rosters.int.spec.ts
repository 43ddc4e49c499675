import { dutyOverride, putRoster, roster } from '@relais/contracts';
import { AppError, newId, type UserId } from '@relais/kernel';
import { EngineWorld } from './engine-world.js';

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: unknown) => AppError.from(error).code,
  );
const iso = (fromNowSeconds: number): string => new Date(Date.now() + fromNowSeconds * 1_000).toISOString();

describe('a roster', () => {
  let world: EngineWorld;
  let chief: UserId;
  let anna: UserId;
  let ben: UserId;

  beforeEach(async () => {
    world = await EngineWorld.open();
    [chief, anna, ben] = [world.person(), world.person(), world.person()];
    await world.settings(['socket', 'push']);
  });
  afterEach(() => world.close());

  const layer = (...userIds: UserId[]) => ({
    ...{ userIds, shift: { unit: 'weeks', length: 52 }, timeZone: 'Europe/Berlin' },
    ...{ startsOn: '2026-01-01', handOverAt: '02:30' },
  });
  const put = async (more: object = {}, rosterId: string = newId()): Promise<never> => {
    const wanted = roster.parse({ name: 'Doctor on night duty', layers: [layer(anna)], ...more });
    await world.rosters.put({ rosterId: rosterId as never, roster: wanted }, world.context(chief));
    return rosterId as never;
  };
  /** From now on for an hour; what the clock does at a change of shift. */
  const change = async (rosterId: never, userId: UserId | null, more: object = {}): Promise<string> => {
    const overrideId = newId();
    const override = dutyOverride.parse({ from: iso(-60), to: iso(3_600), userId, ...more });
    await world.overrides.put({ rosterId, overrideId: overrideId as never, override }, world.context(chief));
    await world.settle();
    return overrideId;
  };
  const mine = async (userId: UserId) => (await world.duties.list({}, world.context(userId))).items;
  const factsOf = async (action: string): Promise<number> =>
    Number((await world.db.query(`SELECT count(*) AS n FROM outbox WHERE data ->> 'action' = $1`, [action]))[0].n);
  const news = (userId: UserId): number =>
    world.announced.filter((line) => line.includes(`user.${userId} `) && line.includes('duty_changed')).length;

  it('reaches whoever is on duty when the alarm comes, by its id and by its address', async () => {
    const rosterId = await put({ address: 'night-doctor' });

    const byId = await world.raise(chief, { audience: { rosterIds: [rosterId] } });
    const byAddress = await world.raise(chief, { audience: { roles: ['night-doctor'] } });
    await world.settle();

    expect([byId.recipients, byAddress.recipients]).toEqual([1, 1]);
    expect(await world.told('socket')).toEqual([`${anna} 0.0`, `${anna} 0.0`]);
  });

  it('of a step reaches whoever is on duty when the step comes, not when the alarm was raised', async () => {
    const rosterId = await put();
    const policyId = newId() as never;
    const steps = [
      { targets: [{ kind: 'user' as const, userId: chief }], waitSeconds: 60, needsEveryone: false },
      { targets: [{ kind: 'roster' as const, rosterId }], waitSeconds: 60, needsEveryone: false },
    ];
    await world.policies.put({ policyId, policy: { name: 'x', steps, repeat: 0 } }, world.context(chief));

    await world.raise(chief, { policyId });
    await world.settle();
    await change(rosterId, ben);
    await world.pass(61);

    expect(await world.told('socket')).toEqual([`${chief} 0.0`, `${ben} 1.0`]);
  });

  it('hands open alarms on at the change of shift: the successor is told once on each way, the predecessor no more', async () => {
    const rosterId = await put();
    const { alarmId } = await world.raise(chief, { audience: { rosterIds: [rosterId] } });
    await world.settle();

    await change(rosterId, ben);
    await change(rosterId, ben);
    await world.pass(6);
    await world.pass(30);
    await world.changes.end({ alarmId: alarmId as never, as: 'all_clear' }, world.context(chief));

    expect(await world.told('socket')).toEqual([`${anna} 0.0`, `${ben} 0.0`]);
    expect(await world.told('push')).toEqual([`${ben} 0.0`]);
    expect(await factsOf('alarm.taken-along')).toBe(1);
    const clear = world.announced.filter((line) => line.includes('all_clear'));
    expect([clear.some((line) => line.includes(anna)), clear.some((line) => line.includes(ben))]).toEqual([
      false,
      true,
    ]);
    expect((await world.reads.read({ alarmId: alarmId as never }, world.context(ben))).myAnswer).toBeUndefined();
  });

  it('leaves an alarm with whoever has answered it, and with whoever was told for another reason', async () => {
    const rosterId = await put();
    const answered = await world.raise(chief, { audience: { rosterIds: [rosterId] }, needed: 2 });
    const both = await world.raise(chief, { audience: { rosterIds: [rosterId], userIds: [anna] } });
    await world.settle();
    await world.answer(answered.alarmId, anna, 'coming');

    await change(rosterId, ben);

    const left = `SELECT count(*) AS n FROM alarm_recipient WHERE handed_over_at IS NOT NULL`;
    expect(await world.count(left)).toBe(0);
    expect((await world.answer(answered.alarmId, ben, 'coming')).state).toBe('acknowledged');
    expect((await world.answer(both.alarmId, anna, 'coming')).accepted).toBe(1);
  });

  it('by which nobody is on duty keeps an alarm for whoever comes, and says so to who raises it', async () => {
    const rosterId = await put({ layers: [{ ...layer(anna), startsOn: '2099-01-01' }] });

    const empty = await world.raise(chief, { audience: { rosterIds: [rosterId] }, severity: 'emergency' });
    const other = await world.raise(chief, { audience: { rosterIds: [rosterId], userIds: [chief] } });
    await world.settle();
    const before = [await world.told('socket'), await factsOf('alarm.step-empty')];
    await change(rosterId, ben);
    await world.pass(6);

    const codes = ({ warnings = [] }: typeof empty) => warnings.map(({ code }) => code);
    expect([empty.recipients, codes(empty)]).toEqual([0, ['nobody_on_duty', 'nobody_at_once']]);
    expect([other.recipients, codes(other)]).toEqual([1, ['nobody_on_duty']]);
    expect(before).toEqual([[`${chief} 0.0`], 1]);
    expect((await world.told('socket')).filter((line) => line === `${ben} 0.0`)).toHaveLength(2);
    expect((await world.told('push')).filter((line) => line === `${ben} 0.0`)).toHaveLength(2);
    expect(await world.count('SELECT count(*) AS n FROM alarm_recipient WHERE handed_over_at IS NOT NULL')).toBe(0);
  });

  it('keeps who was told where nobody takes over, and lets a predecessor who answers after all count', async () => {
    const rosterId = await put();
    const { alarmId } = await world.raise(chief, { audience: { rosterIds: [rosterId] } });
    await world.settle();

    const overrideId = (await change(rosterId, null)) as never;
    await world.pass(6);
    const alone = await world.told('push');
    await world.overrides.delete({ rosterId, overrideId }, world.context(chief));
    await change(rosterId, ben);
    const answered = await world.answer(alarmId, anna, 'coming');

    expect(alone).toEqual([`${anna} 0.0`]);
    expect(answered.state).toBe('acknowledged');
    expect(await world.count(`SELECT count(*) AS n FROM alarm_recipient WHERE handed_over_at IS NOT NULL`)).toBe(0);
  });

  describe('tells of an alarm whoever comes back on duty', () => {
    const pushes = async (userId: UserId): Promise<string[]> =>
      (await world.told('push')).filter((line) => line.startsWith(userId)).map((line) => line.slice(userId.length + 1));

    it('by their next way once their device was silent from then on, and never sooner', async () => {
      const rosterId = await put();
      await world.raise(chief, { audience: { rosterIds: [rosterId] } });
      await world.settle();
      const overrideId = (await change(rosterId, ben)) as never;
      await world.pass(60);

      await world.overrides.delete({ rosterId, overrideId }, world.context(chief));
      await world.settle();
      await world.pass(4);
      const early = await pushes(anna);
      await world.pass(2);

      expect([early, await pushes(anna), await pushes(ben)]).toEqual([[], ['0.0'], ['0.0']]);
      expect(await world.count('SELECT count(*) AS n FROM alarm_recipient WHERE handed_over_at IS NOT NULL')).toBe(1);
    });

    it('by what had not left when they were relieved', async () => {
      const rosterId = await put();
      world.paths.socket.outcome = () => ({ state: 'queued', problem: 'busy', retrySeconds: 30, isHeld: true });
      await world.raise(chief, { audience: { rosterIds: [rosterId] } });
      await world.settle();
      const overrideId = (await change(rosterId, ben)) as never;
      await world.pass(31);
      world.paths.socket.outcome = () => ({ state: 'sent' });

      await world.overrides.delete({ rosterId, overrideId }, world.context(chief));
      await world.settle();

      expect((await world.told('socket')).at(-1)).toBe(`${anna} 0.0`);
      expect(await pushes(anna)).toEqual([]);
    });

    it('in the step that is under way, and goes on with none before it', async () => {
      const rosterId = await put();
      const policyId = newId() as never;
      const targets = [{ kind: 'roster' as const, rosterId }];
      const both = [...targets, { kind: 'user' as const, userId: chief }];
      const step = { waitSeconds: 60, needsEveryone: false };
      const steps = [
        { ...step, targets: both },
        { ...step, targets },
      ];
      await world.settings(['socket', 'push', 'sms'], { deviceSilentSeconds: { push: 65 } });
      await world.policies.put({ policyId, policy: { name: 'x', steps, repeat: 0 } }, world.context(chief));
      await world.raise(chief, { policyId });
      await world.settle();
      const overrideId = (await change(rosterId, ben)) as never;
      for (const seconds of [6, 55, 7]) await world.pass(seconds);

      await world.overrides.delete({ rosterId, overrideId }, world.context(chief));
      await world.settle();
      await world.pass(4);
      const early = await pushes(anna);
      await world.pass(2);

      expect((await world.told('sms')).includes(`${chief} 0.0`)).toBe(true);
      expect([early, await pushes(anna)]).toEqual([[], ['1.0']]);
    });
  });

  it('keeps the predecessor on duty beside the successor until that one confirms, and reminds both', async () => {
    const rosterId = await put({ handOver: 'confirmed', remindAfterMinutes: 10 });
    await world.duties.confirm({ rosterId }, world.context(anna));
    await change(rosterId, ben);
    const [before] = [await mine(ben), await mine(anna)];
    const told = [news(anna), news(ben)];
    await world.raise(chief, { audience: { rosterIds: [rosterId] } });
    await world.settle();
    const both = (await world.told('socket')).toSorted();
    await world.pass(601);
    const reminded = [
      await factsOf('duty.hand-over-reminded'),
      news(anna) > (told[0] ?? 0),
      news(ben) > (told[1] ?? 0),
    ];
    const stranger = await codeOf(world.duties.confirm({ rosterId }, world.context(chief)));
    const early = await codeOf(world.duties.confirm({ rosterId }, world.context(anna)));
    await world.duties.confirm({ rosterId }, world.context(ben));
    await world.settle();
    await world.pass(1_201);
    await world.pass(1_201);

    expect(before).toMatchObject([{ rosterId, name: 'Doctor on night duty', state: 'taking_over' }]);
    expect(both).toEqual([`${anna} 0.0`, `${ben} 0.0`].toSorted());
    expect(reminded).toEqual([1, true, true]);
    expect([stranger, early]).toEqual(['roster_not_found', 'nothing_to_confirm']);
    expect([await mine(anna), (await mine(ben))[0]?.state]).toEqual([[], 'on_duty']);
    expect(await factsOf('duty.hand-over-reminded')).toBe(1);
    expect(await factsOf('duty.hand-over-confirmed')).toBe(2);
    expect(await world.count('SELECT count(*) AS n FROM alarm_recipient WHERE handed_over_at IS NOT NULL')).toBe(1);
  });

  it('changes by the clock of the database, by itself, and at once for whoever asks in between', async () => {
    const rosterId = await put();
    const override = dutyOverride.parse({ from: iso(1.5), to: iso(3_600), userId: ben });
    await world.overrides.put({ rosterId, overrideId: newId() as never, override }, world.context(chief));
    expect((await mine(anna)).length).toBe(1);

    world.engine.start();
    while ((await mine(ben)).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));

    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(override.from));
    expect(await mine(anna)).toEqual([]);
    while (news(ben) === 0 || news(anna) < 2) await new Promise((resolve) => setTimeout(resolve, 50));
  });

  it('is the same for two engines that change it at the same time', async () => {
    const rosterId = await put();
    await world.raise(chief, { audience: { rosterIds: [rosterId] } });
    await world.settle();
    const override = dutyOverride.parse({ from: iso(-60), to: iso(3_600), userId: ben });
    await world.overrides.put({ rosterId, overrideId: newId() as never, override }, world.context(chief));
    await world.db.query(`UPDATE timer SET due_at = now()`);

    const others = [world.newEngine(), world.newEngine()];
    await Promise.all([world.engine, ...others].map((engine) => world.settle(engine)));

    expect((await world.told('socket')).toSorted()).toEqual([`${anna} 0.0`, `${ben} 0.0`].toSorted());
    expect(await world.count('SELECT count(*) AS n FROM duty WHERE ended_at IS NULL')).toBe(1);
  });

  it('shows who will be on duty, and says when nobody will', async () => {
    const nights = {
      ...layer(anna, ben),
      shift: { unit: 'days', length: 1 },
      within: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '20:00', to: '08:00' }],
    };
    const rosterId = await put({ layers: [{ ...nights, handOverAt: '20:00' }] });
    const span = { from: '2026-10-24T18:00:00.000Z', to: '2026-10-26T19:00:00.000Z' };

    const { items, gaps } = await world.rosters.preview({ rosterId, ...span }, world.context(chief));
    const { findings } = await world.rosters.read({ rosterId }, world.context(chief));

    // The night of the change is an hour longer.
    expect(items.map(({ from, to, userIds }) => [from.slice(5, 16), to.slice(5, 16), userIds.length])).toEqual([
      ['10-24T18:00', '10-25T07:00', 1],
      ['10-25T07:00', '10-25T19:00', 0],
      ['10-25T19:00', '10-26T07:00', 1],
      ['10-26T07:00', '10-26T19:00', 0],
    ]);
    expect(items[0]?.userIds).not.toEqual(items[2]?.userIds);
    expect(gaps.length).toBe(2);
    expect(findings.filter(({ code }) => code === 'gap').length).toBeGreaterThanOrEqual(14);
  });

  it('says who in it is not here any more', async () => {
    const rosterId = await put({ layers: [layer(anna, ben)] });
    await world.equip();
    world.bus.people = world.bus.people.filter((id) => id !== ben);

    const { findings } = await world.rosters.read({ rosterId }, world.context(chief));

    expect(findings).toMatchObject([{ severity: 'error', code: 'unknown_person', says: expect.stringContaining(ben) }]);
  });

  it('is gone with its duties when it is deleted, and whoever was told of an alarm by it stays told', async () => {
    const rosterId = await put({ address: 'night-doctor' });
    await world.raise(chief, { audience: { rosterIds: [rosterId] } });
    await world.settle();

    await world.rosters.delete({ rosterId }, world.context(chief));
    await world.pass(6);

    expect(await mine(anna)).toEqual([]);
    expect(await world.told('push')).toEqual([`${anna} 0.0`]);
    expect(await codeOf(world.raise(chief, { audience: { roles: ['night-doctor'] } }))).toBe('roster_not_found');
    expect(await codeOf(world.raise(chief, { audience: { rosterIds: [rosterId] } }))).toBe('roster_not_found');
    await put({ address: 'night-doctor' });
  });

  it('refuses what is too much, is nowhere, or is somebody else’s', async () => {
    const rosterId = await put({ address: 'night-doctor' });
    const isTaken = (more: object) =>
      putRoster.input.safeParse({ rosterId, roster: { name: 'x', layers: [{ ...layer(anna), ...more }] } }).success;
    const crowd = Array.from({ length: 10_000 }, () => newId());
    const century = { rosterId, from: '2026-01-01T00:00:00Z', to: '2126-01-01T00:00:00Z' };
    const override = (more: object) => ({
      rosterId,
      overrideId: newId() as never,
      override: dutyOverride.parse({ from: iso(0), to: iso(60), userId: ben, ...more }),
    });
    const foreign = newId() as never;

    expect(isTaken({})).toBe(true);
    expect(isTaken({ userIds: crowd })).toBe(false);
    expect(isTaken({ shift: { unit: 'seconds', length: 1 } })).toBe(false);
    expect(isTaken({ shift: { unit: 'hours', length: 0 } })).toBe(false);
    expect(isTaken({ startsOn: '1826-01-01' })).toBe(false);
    expect(dutyOverride.safeParse({ from: iso(0), to: '2126-01-01T00:00:00Z', userId: ben }).success).toBe(false);
    expect(await codeOf(put({ layers: [{ ...layer(anna), timeZone: 'Europe/Atlantis' }] }))).toBe('unknown_time_zone');
    expect(await codeOf(put({ address: 'night-doctor' }))).toBe('address_taken');
    expect(await codeOf(world.rosters.preview(century, world.context(chief)))).toBe('span_too_long');
    const hourly = await put({ layers: [{ ...layer(anna, ben), shift: { unit: 'hours', length: 1 } }] });
    const quarter = { rosterId: hourly, from: '2026-01-02T00:00:00Z', to: '2026-04-01T00:00:00Z' };
    expect(await codeOf(world.rosters.preview(quarter, world.context(chief)))).toBe('span_too_long');
    await world.rosters.delete({ rosterId: hourly }, world.context(chief));
    expect(await codeOf(world.rosters.read({ rosterId: foreign }, world.context(chief)))).toBe('roster_not_found');
    expect(await codeOf(world.overrides.put(override({ layer: 1 }), world.context(chief)))).toBe('layer_not_found');
    expect(await codeOf(world.overrides.put(override({ from: iso(-60), to: iso(-1) }), world.context(chief)))).toBe(
      'override_over',
    );
    expect(await codeOf(world.overrides.delete({ rosterId, overrideId: foreign }, world.context(chief)))).toBe(
      'override_not_found',
    );
    world.bus.permissions = ['raise_alarms'];
    expect(await codeOf(put())).toBe('forbidden');
    expect((await world.rosters.list({}, world.context(chief))).items).toMatchObject([
      { address: 'night-doctor', onDuty: [anna] },
    ]);
    world.bus.permissions = [];
    expect(await codeOf(world.rosters.list({}, world.context(chief)))).toBe('forbidden');
  });

  it('keeps its name and address unreadable in the database', async () => {
    await put({ address: 'night-doctor' });

    const rows = await world.database.within(world.organizationId, (tx) =>
      tx.query('SELECT r::text AS all FROM roster r'),
    );
    expect(rows.length).toBe(1);
    expect(JSON.stringify(rows)).not.toMatch(/night|Doctor/);
  });

  it('is of the clock of the database and of Node alike: local times are the same instants to both', async () => {
    const { clockOf } = await import('../src/rosters/local-clock.js');
    const local = Date.parse('2026-01-01T02:30:00Z');
    for (const zone of [
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'Pacific/Auckland',
    ])
      for (let day = 0; day < 365; day += 7) {
        const at = new Date(local + day * 86_400_000).toISOString().slice(0, 19);
        const [{ ms }] = await world.db.query(`SELECT extract(epoch FROM $1::timestamp AT TIME ZONE $2) * 1000 AS ms`, [
          at,
          zone,
        ]);
        const instant = clockOf(zone).instantOf(Date.parse(`${at}Z`));
        // An hour that is left out or comes twice has no one instant: there both are free to choose.
        const isPlain =
          clockOf(zone).reached(instant) === Date.parse(`${at}Z`) &&
          clockOf(zone).reached(instant + 3_600_000) === Date.parse(`${at}Z`) + 3_600_000;
        if (isPlain) expect([zone, at, instant]).toEqual([zone, at, Number(ms)]);
      }
  });
});
