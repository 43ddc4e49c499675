import { type findPeopleNear, raiseAlarm } from '@relais/contracts';
import { AppError, newId, type UserId } from '@relais/kernel';
import type { z } from 'zod';
import { EngineWorld } from './engine-world.js';

const refusalOf = (work: Promise<unknown>): Promise<AppError | 'ok'> =>
  work.then(
    () => 'ok',
    (error: unknown) => AppError.from(error),
  );
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const refusal = await refusalOf(work);
  return refusal === 'ok' ? refusal : refusal.code;
};

describe('an alarm that asks for qualifications', () => {
  let world: EngineWorld;
  let chief: UserId;
  let driver: never;
  let medic: never;

  beforeEach(async () => {
    world = await EngineWorld.open();
    chief = world.person();
    await world.settings(['socket']);
    [driver, medic] = [await named('driver'), await named('paramedic')];
  });
  afterEach(() => world.close());

  const named = async (name: string): Promise<never> => {
    const qualificationId = newId() as never;
    await world.qualifications.put({ qualificationId, qualification: { name } }, world.context(chief));
    return qualificationId;
  };
  const hold = (userId: UserId, qualificationId: never, validUntil?: string) =>
    world.holders.put({ qualificationId, userId, ...(validUntil ? { validUntil } : {}) }, world.context(chief));
  const somebody = async (...held: never[]): Promise<UserId> => {
    const userId = world.person();
    for (const one of held) await hold(userId, one);
    return userId;
  };
  const levels = async (...groups: UserId[][]): Promise<never> => {
    const policyId = newId() as never;
    const steps = groups.map((userIds) => ({
      targets: userIds.map((userId) => ({ kind: 'user' as const, userId })),
      ...{ waitSeconds: 60, needsEveryone: false },
    }));
    await world.policies.put({ policyId, policy: { name: 'x', steps, repeat: 0 } }, world.context(chief));
    return policyId;
  };
  const told = async () => (await world.told('socket')).toSorted();

  it('reaches whoever holds one now, and not whose time has run out', async () => {
    const [anna, ben, carl] = [await somebody(driver), await somebody(medic), world.person()];
    await hold(carl, driver, new Date(Date.now() - 1_000).toISOString());

    await world.raise(chief, { audience: { qualificationIds: [driver] } });
    await world.settle();

    expect(await told()).toEqual([`${anna} 0.0`]);
    expect((await world.qualifications.list({}, world.context(ben))).items).toMatchObject([
      { holders: 1 },
      { holders: 1 },
    ]);
  });

  it('is acknowledged when every position is filled, by one person each, and shows who is there beyond', async () => {
    const [both, onlyDriver, another] = [await somebody(driver, medic), await somebody(driver), await somebody(driver)];
    const positions = [
      { qualificationId: driver, needed: 1 },
      { qualificationId: medic, needed: 1 },
    ];
    const { alarmId } = await world.raise(chief, {
      audience: { userIds: [both, onlyDriver, another, chief] },
      positions,
    });
    await world.settle();

    const first = await world.answer(alarmId, both, 'coming');
    const unqualified = await world.answer(alarmId, chief, 'coming');
    const second = await world.answer(alarmId, onlyDriver, 'coming');
    const third = await world.answer(alarmId, another, 'coming');

    expect([first.state, unqualified.state, second.state]).toEqual(['open', 'open', 'acknowledged']);
    expect(first.positions.map(({ filled }) => filled)).toEqual([1, 0]);
    expect(second.positions.map(({ filled, spare }) => [filled, spare])).toEqual([
      [1, 0],
      [1, 0],
    ]);
    expect(third.positions.map(({ filled, spare }) => [filled, spare])).toEqual([
      [1, 1],
      [1, 0],
    ]);
    expect(third.accepted).toBe(4);
  });

  it('is refused when it is strict and somebody is missing, and says what', async () => {
    const anna = await somebody(driver);
    const positions = [
      { qualificationId: driver, needed: 1 },
      { qualificationId: medic, needed: 2 },
    ];
    const raise = (more: object) =>
      world.raise(chief, { audience: { userIds: [anna] }, positions, strategy: 'strict', ...more });

    const refusal = (await refusalOf(raise({}))) as AppError;
    const policyId = await levels([await somebody(medic)], [await somebody(medic)]);

    expect([refusal.code, refusal.message]).toEqual([
      'positions_not_fillable',
      `it lacks 2 of 2 with the qualification ${medic}`,
    ]);
    expect(await codeOf(raise({ policyId }))).toBe('ok');
    expect(await codeOf(raise({ positions: [], needed: 2 }))).toBe('positions_not_fillable');
    expect(await codeOf(raise({ strategy: 'best_effort' }))).toBe('ok');
  });

  it('that is strict books whoever accepts: for no other strict one until it is over or they decline', async () => {
    const [anna, ben] = [await somebody(), await somebody()];
    const strict = (userIds: UserId[]) => world.raise(chief, { audience: { userIds }, strategy: 'strict' as const });
    const [one, two] = [await strict([anna]), await strict([anna])];
    await world.settle();

    const answers = await Promise.all([one, two].map(({ alarmId }) => codeOf(world.answer(alarmId, anna, 'coming'))));
    const winner = answers[0] === 'ok' ? one : two;
    const loser = winner === one ? two : one;
    const third = await codeOf(strict([anna]));
    const withBen = await codeOf(strict([anna, ben]));
    await world.answer(winner.alarmId, anna, 'not_coming');
    const afterDeclining = await codeOf(world.answer(loser.alarmId, anna, 'coming'));
    await world.changes.end({ alarmId: loser.alarmId as never, as: 'all_clear' }, world.context(chief));
    const afterTheEnd = await codeOf(strict([anna]));

    expect(answers.toSorted()).toEqual(['booked_elsewhere', 'ok']);
    expect([third, withBen, afterDeclining, afterTheEnd]).toEqual(['positions_not_fillable', 'ok', 'ok', 'ok']);
  });

  it('that escalates begins with as many levels as hold enough people, and goes on one by one', async () => {
    const [anna, ben, carl, dora] = [
      await somebody(driver),
      await somebody(),
      await somebody(driver, medic),
      await somebody(),
    ];
    const policyId = await levels([anna], [ben, carl], [dora]);
    const positions = [
      { qualificationId: driver, needed: 1 },
      { qualificationId: medic, needed: 1 },
    ];

    await world.raise(chief, { policyId, strategy: 'escalating', positions });
    await world.settle();
    const atOnce = await told();
    await world.pass(61);

    expect(atOnce).toEqual([anna, ben, carl].map((id) => `${id} 0.0`).toSorted());
    expect(await told()).toEqual([...atOnce, `${dora} 1.0`].toSorted());
  });

  it('that is full tells all levels at once, each person once', async () => {
    const [anna, ben] = [await somebody(), await somebody()];
    const policyId = await levels([anna], [anna, ben]);

    await world.raise(chief, { policyId, strategy: 'full' });
    await world.settle();
    await world.pass(600);

    expect(await told()).toEqual([`${anna} 0.0`, `${ben} 0.0`].toSorted());
  });

  it('to whoever is near a place says clearly that nobody knows places, and reaches them the day somebody does', async () => {
    const anna = world.person();
    const near = { latitude: 52.5, longitude: 13.4, radiusMetres: 500 };

    const without = await refusalOf(world.raise(chief, { audience: { near } }));
    world.bus.near = [anna];
    const { alarmId } = await world.raise(chief, { audience: { near } });
    await world.settle();

    expect(without).toMatchObject({ code: 'places_unavailable', kind: 'unavailable' });
    expect(await told()).toEqual([`${anna} 0.0`]);
    expect(alarmId).toBeDefined();
    const asked = world.bus.lastNear as z.output<typeof findPeopleNear.input>;
    expect(asked).toEqual({ organizationId: world.organizationId, area: near });
  });

  it('leaves out a step until so many alarms of its policy were raised lately', async () => {
    const [anna, ben] = [await somebody(), await somebody()];
    const policyId = newId() as never;
    const step = (userId: UserId, more: object = {}) => ({
      ...{ targets: [{ kind: 'user' as const, userId }], waitSeconds: 60, needsEveryone: false, ...more },
    });
    const steps = [step(anna), step(ben, { whenAlarmsInWindow: { alarms: 2, minutes: 10 } })];
    await world.policies.put({ policyId, policy: { name: 'x', steps, repeat: 0 } }, world.context(chief));

    await world.raise(chief, { policyId });
    await world.settle();
    await world.pass(61);
    const alone = await told();
    await world.raise(chief, { policyId });
    await world.settle();
    await world.pass(61);

    expect(alone).toEqual([`${anna} 0.0`]);
    expect(await told()).toEqual([`${anna} 0.0`, `${anna} 0.0`, `${ben} 1.0`].toSorted());
  });

  it('goes on asking everybody of a step that needs everyone after it was acknowledged, until the end', async () => {
    await world.settings(['socket', 'push']);
    const [anna, ben] = [await somebody(), await somebody()];
    const policyId = newId() as never;
    const targets = [anna, ben].map((userId) => ({ kind: 'user' as const, userId }));
    const steps = [{ targets, waitSeconds: 60, needsEveryone: true }];
    await world.policies.put({ policyId, policy: { name: 'x', steps, repeat: 0 } }, world.context(chief));

    const { alarmId } = await world.raise(chief, { policyId });
    await world.settle();
    const { state } = await world.answer(alarmId, anna, 'coming');
    await world.pass(6);

    expect(state).toBe('acknowledged');
    expect(await world.told('push')).toEqual([`${ben} 0.0`]);
  });

  it('refuses what nobody knows, and what asks for one thing twice', async () => {
    const [anna, foreign] = [await somebody(), newId() as never];
    const raise = (more: object) => codeOf(world.raise(chief, { audience: { userIds: [anna] }, ...more }));
    const isTaken = (positions: object[]) =>
      raiseAlarm.input.safeParse({ alarmId: newId(), severity: 'alarm', title: 'x', positions }).success;

    expect(await raise({ positions: [{ qualificationId: foreign, needed: 1 }] })).toBe('qualification_not_found');
    expect(await raise({ audience: { qualificationIds: [foreign] } })).toBe('qualification_not_found');
    expect(isTaken([{ qualificationId: driver, needed: 1 }])).toBe(true);
    expect(
      isTaken([
        { qualificationId: driver, needed: 1 },
        { qualificationId: driver, needed: 2 },
      ]),
    ).toBe(false);
    expect(isTaken([{ qualificationId: driver, needed: 10_000 }])).toBe(false);
    expect(await codeOf(hold(newId<UserId>(), driver))).toBe('user_not_found');
    expect(await codeOf(hold(anna, foreign))).toBe('qualification_not_found');
    world.bus.permissions = ['raise_alarms'];
    expect(await codeOf(hold(anna, driver))).toBe('forbidden');
  });
});
