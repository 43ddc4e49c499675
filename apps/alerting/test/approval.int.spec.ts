import { roster } from '@relais/contracts';
import { rows } from '@relais/database';
import { newId, type UserId } from '@relais/kernel';
import { EngineWorld } from './engine-world.js';

/** So many may be told without a second person. */
const massThreshold = 2;

describe('an alarm to more people than one person may alarm alone', () => {
  let world: EngineWorld;
  let raiser: UserId;

  beforeEach(async () => {
    world = await EngineWorld.open();
    raiser = world.person();
    await world.settings(['socket'], { massThreshold });
  });
  afterEach(() => world.close());

  const people = (count: number): UserId[] => Array.from({ length: count }, () => world.person());
  const users = (userIds: UserId[]) => userIds.map((userId) => ({ kind: 'user' as const, userId }));
  const policyOf = async (...steps: object[][]): Promise<never> => {
    const policyId = newId() as never;
    const timed = steps.map((targets) => ({ targets: targets as never, waitSeconds: 60, needsEveryone: false }));
    await world.policies.put({ policyId, policy: { name: 'x', steps: timed, repeat: 0 } }, world.context(raiser));
    return policyId;
  };
  const onDuty = async (userId: UserId): Promise<object[]> => {
    const rosterId = newId() as never;
    const turns = { shift: { unit: 'days', length: 1 }, startsOn: '2026-01-01', handOverAt: '02:30' };
    const wanted = roster.parse({ name: 'x', layers: [{ userIds: [userId], timeZone: 'UTC', ...turns }] });
    await world.rosters.put({ rosterId, roster: wanted }, world.context(raiser));
    return [{ kind: 'roster', rosterId }];
  };
  const approvals = (): Promise<unknown[]> =>
    world.database.within(world.organizationId, async (tx) =>
      (
        await rows<{ approval: unknown }>(
          tx,
          `SELECT o.data -> 'after' ->> 'approval' AS approval FROM outbox o
           WHERE o.data ->> 'action' = 'alarm.raised' ORDER BY o.position`,
        )
      ).map(({ approval }) => approval),
    );

  it('waits when only all of its steps together tell so many', async () => {
    const [one, two, three] = people(3) as [UserId, UserId, UserId];

    const few = await world.raise(raiser, { policyId: await policyOf(users([one, two]), users([two, one])) });
    const many = await world.raise(raiser, { policyId: await policyOf(users([one, two]), users([three])) });
    await world.settle();

    expect([few.state, many.state]).toEqual(['open', 'awaiting_approval']);
    expect(await approvals()).toEqual(['none', 'needed']);
    expect(await world.told('socket')).toHaveLength(massThreshold);
  });

  it('counts who is on duty in any step, and everybody of a list of which the next one is told', async () => {
    const [one, two, three] = people(3) as [UserId, UserId, UserId];

    const byDuty = await world.raise(raiser, { policyId: await policyOf(users([one, two]), await onDuty(three)) });
    const byTurns = await world.raise(raiser, {
      policyId: await policyOf([{ kind: 'next_of', userIds: [one, two, three] }]),
    });

    expect([byDuty.state, byTurns.state]).toEqual(['awaiting_approval', 'awaiting_approval']);
  });

  it('asks along the policy of the settings, by an alarm that ends with the wait', async () => {
    const second = world.person();
    const approvalPolicyId = await policyOf(users([second]));
    await world.settings(['socket'], { massThreshold, approvalPolicyId });

    const { alarmId } = await world.raise(raiser, { audience: { userIds: people(3) } });
    for (let round = 0; round < 2; round++) await world.settle();
    const asked = await world.told('socket');
    const [asking] = (await world.reads.list({ state: 'open', limit: 10 }, world.context(second))).items;
    await world.approver.execute({ alarmId }, world.context(second));
    await world.settle();

    expect(asked).toEqual([`${second} 0.0`]);
    expect(asking).toMatchObject({ title: 'An alarm waits for a second person', text: `Fire\n${alarmId}` });
    expect(await world.told('socket')).toHaveLength(4);
    expect((await world.reads.list({ state: 'open', limit: 10 }, world.context(second))).items).toEqual([]);
  });

  it('asks no more when it is cancelled', async () => {
    const approvalPolicyId = await policyOf(users([world.person()]));
    await world.settings(['socket'], { massThreshold, approvalPolicyId });
    const { alarmId } = await world.raise(raiser, { audience: { userIds: people(3) } });
    await world.settle();

    await world.changes.end({ alarmId: alarmId as never, as: 'cancelled' }, world.context(raiser));
    await world.settle();

    expect(await world.count(`SELECT count(*) AS n FROM alarm WHERE state = 'all_clear'`)).toBe(1);
  });

  it('waits also where nobody is left to ask', async () => {
    await world.settings(['socket'], { massThreshold, approvalPolicyId: newId() });

    await world.raise(raiser, { audience: { userIds: people(3) } });
    await world.settle();

    expect(await world.count(`SELECT count(*) AS n FROM alarm`)).toBe(1);
    expect(await world.count(`SELECT count(*) AS n FROM timer WHERE kind = 'approval'`)).toBe(0);
  });

  it('is found by whoever may approve it, and by nobody else', async () => {
    const [audience, other] = [{ userIds: people(3) }, world.person()];
    const { alarmId } = await world.raise(raiser, { audience });
    const waitingFor = async (who: UserId) =>
      (await world.reads.list({ state: 'awaiting_approval', limit: 10 }, world.context(who))).items.map(({ id }) => id);

    const holder = await waitingFor(other);
    world.bus.permissions = [];

    expect(holder).toEqual([alarmId]);
    expect([await waitingFor(other), await waitingFor(raiser)]).toEqual([[], [alarmId]]);
  });

  it('goes out at once in an emergency, which its fact says', async () => {
    const { state } = await world.raise(raiser, { audience: { userIds: people(3) }, severity: 'emergency' });

    expect(state).toBe('open');
    expect(await approvals()).toEqual(['waived']);
  });
});
