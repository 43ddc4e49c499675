import { rows } from '@relais/database';
import type { UserId } from '@relais/kernel';
import type { Outcome } from '../src/notifications/finish.postgres.js';
import { FIRST_AT_ONCE } from '../src/notifications/tell.postgres.js';
import { EngineWorld } from './engine-world.js';

const SENT: Outcome = { state: 'sent' };
/** Written once, with who is told, and not again since. */
const AS_TOLD = `SELECT count(*) AS n FROM notification n JOIN alarm_recipient r USING (organization_id, alarm_id, user_id)
  WHERE n.xmin = r.xmin AND n.state = 'sending'`;

describe('whoever is told by a way that is free', () => {
  let world: EngineWorld;
  let raiser: UserId;
  let release: (outcome: Outcome) => void;

  beforeEach(async () => {
    world = await EngineWorld.open();
    raiser = world.person();
    await world.settings(['socket'], { massThreshold: 1_000 });
    const answer = new Promise<Outcome>((resolve) => (release = resolve));
    let calls = 0;
    world.paths.socket.outcome = () => (calls++ === 0 ? answer : SENT);
  });
  afterEach(async () => {
    release(SENT);
    await world.close();
  });

  const sent = () => world.paths.socket.sent.map(({ userId }) => userId);
  const sentAre = async (count: number) => {
    while (sent().length < count) await new Promise((resolve) => setTimeout(resolve, 10));
  };

  it('is sent to without being looked for', async () => {
    const userIds = [world.person(), world.person()];
    await world.raise(raiser, { audience: { userIds } });

    await world.engine.runOnce();
    await sentAre(2);

    expect(await world.count(AS_TOLD)).toBe(2);
    expect(sent().toSorted()).toEqual(userIds.toSorted());
  });

  it('is sent to by another replica after seconds when this one ends', async () => {
    const person = world.person();
    await world.raise(raiser, { audience: { userIds: [person] } });
    await world.newEngine(world.newDispatcher()).runOnce();
    await sentAre(1);

    await world.pass(4);
    const tooEarly = sent().length;
    await world.pass(2);

    expect([tooEarly, ...sent()]).toEqual([1, person, person]);
  });

  it('waits while the way is busy, and is looked for when it is free again', async () => {
    const [first, second] = [world.person(), world.person()];
    await world.raise(raiser, { audience: { userIds: [first] } });
    await world.engine.runOnce();
    await sentAre(1);
    await world.raise(raiser, { audience: { userIds: [second] } });
    await world.engine.runOnce();
    const meanwhile = sent();

    release(SENT);
    await world.dispatcher.idle();

    expect([meanwhile, sent()]).toEqual([[first], [first, second]]);
  });

  it('keeps nobody waiting who was relieved of the alarm in this round and has it again', async () => {
    const [back, other] = [world.person(), world.person()];
    const { alarmId } = await world.raise(raiser, { audience: { userIds: [back, other] } });
    await relieve(alarmId, back);
    release(SENT);

    await world.engine.runOnce();
    await world.engine.idle();

    expect(sent().toSorted()).toEqual([back, other].toSorted());
  });

  /** Somebody who was told of it by a role and was relieved before anything had left. */
  const relieve = (alarmId: string, userId: UserId) =>
    world.database.within(world.organizationId, (tx) =>
      rows(
        tx,
        `WITH role AS (
           INSERT INTO alarm_role (organization_id, alarm_id, step, cycle, roster_id, user_id, left_at)
           VALUES ($1, $2, 0, 0, $2, $3, now())
         ), recipient AS (
           INSERT INTO alarm_recipient (organization_id, alarm_id, user_id, handed_over_at) VALUES ($1, $2, $3, now())
         )
         INSERT INTO notification (organization_id, alarm_id, step, cycle, user_id, path, priority, state)
         VALUES ($1, $2, 0, 0, $3, 'socket', 0, 'skipped')`,
        [world.organizationId, alarmId, userId],
      ),
    );

  it('is taken by as many as are sent to in one go, also when many alarms are due together', async () => {
    const people = Array.from({ length: FIRST_AT_ONCE }, () => world.person());
    for (let alarms = 3; alarms > 0; alarms--) await world.raise(raiser, { audience: { userIds: people } });
    release(SENT);

    await world.engine.runOnce();
    await world.engine.idle();

    expect(sent()).toHaveLength(people.length * 3);
  });
});
