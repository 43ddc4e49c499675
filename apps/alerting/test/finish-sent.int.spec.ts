import { rows, type Tx } from '@relais/database';
import { type Claimed, claim } from '../src/notifications/claim.postgres.js';
import { finish, type Finished } from '../src/notifications/finish.postgres.js';
import { areSent, finishSent } from '../src/notifications/finish-sent.postgres.js';
import { mark } from '../src/notifications/mark.postgres.js';
import { EngineWorld } from './engine-world.js';

describe('what has left, written where it lies', () => {
  let world: EngineWorld;
  let anna: Claimed;
  let ben: Claimed;

  beforeEach(async () => {
    world = await EngineWorld.open();
    [anna, ben] = [await taken(), await taken()];
  });
  afterEach(() => world.close());

  const within = <Result>(work: (tx: Tx) => Promise<Result>) => world.database.within(world.organizationId, work);

  /** Of an alarm of its own, and so in a row beside the other's. */
  async function taken(): Promise<Claimed> {
    const person = world.person();
    await world.raise(person, { audience: { userIds: [person] } });
    world.paths.socket.outcome = () => new Promise(() => undefined);
    const before = world.paths.socket.sent.length;
    await world.newEngine(world.newDispatcher()).runOnce();
    while (world.paths.socket.sent.length === before) await new Promise((resolve) => setTimeout(resolve, 10));
    return world.paths.socket.sent.at(-1) as Claimed;
  }

  const sent = (...claimed: Claimed[]): Finished[] =>
    claimed.map((one) => ({ claimed: one, outcome: { state: 'sent' } }));
  const write = (...claimed: Claimed[]) => within((tx) => finishSent(tx, world.organizationId, sent(...claimed)));
  const stateOf = async ({ id }: Claimed) => {
    const text = `SELECT n.state, n.sent_at IS NOT NULL AS "hasLeft" FROM notification n WHERE n.id = $1`;
    const [found] = await within((tx) => rows<{ state: string; hasLeft: boolean }>(tx, text, [id]));
    return found;
  };
  const SENT = { state: 'sent', hasLeft: true };
  const SENDING = { state: 'sending', hasLeft: false };

  it('is sent', async () => {
    expect(await write(anna, ben)).toBe(true);

    expect([await stateOf(anna), await stateOf(ben)]).toEqual([SENT, SENT]);
  });

  it('is sent as well when it was looked for and taken by another', async () => {
    await world.elapse(10);
    const claiming = { paths: ['socket'], limit: 10 } as const;
    const again = await within((tx) => claim(tx, world.organizationId, claiming));

    expect(await write(...again)).toBe(true);

    expect([await stateOf(anna), await stateOf(ben)]).toEqual([SENT, SENT]);
  });

  it('is left as it is by a replica from which another took it', async () => {
    await world.elapse(10);
    await within((tx) => claim(tx, world.organizationId, { paths: ['socket'], limit: 10 }));

    expect(await write(anna)).toBe(false);

    expect(await stateOf(anna)).toEqual(SENDING);
  });

  it('is left to those who look it up when its device was quicker', async () => {
    const { alarmId, step, cycle, userId, path } = anna;
    const shown = { alarmId: alarmId as never, step, cycle, userId, path, state: 'shown' as const };
    await within((tx) => mark(tx, world.organizationId, [shown]));

    expect(await write(anna, ben)).toBe(false);
    await within((tx) => finish(tx, world.organizationId, sent(anna, ben)));

    expect([await stateOf(anna), await stateOf(ben)]).toEqual([{ state: 'shown', hasLeft: true }, SENT]);
  });

  it('is not taken for something else that lies in its place by now', async () => {
    expect(await write({ ...anna, place: ben.place })).toBe(false);

    expect([await stateOf(anna), await stateOf(ben)]).toEqual([SENDING, SENDING]);
  });

  it('waits for nobody who holds one of them', async () => {
    await within(async (tx) => {
      await rows(tx, 'SELECT FROM notification n WHERE n.id = $1 FOR NO KEY UPDATE', [anna.id]);

      expect(await write(anna, ben)).toBe(false);
    });

    expect([await stateOf(anna), await stateOf(ben)]).toEqual([SENDING, SENT]);
  });

  it('is nothing of which more is to be said, nor what was tried differently often', () => {
    const outcomes = [
      { state: 'failed', problem: 'x' },
      { state: 'bundled' },
      { state: 'sent', providerId: 'x' },
    ] as const;

    expect(outcomes.map((outcome) => areSent([{ claimed: anna, outcome }]))).toEqual([false, false, false]);
    expect([areSent(sent(anna, ben)), areSent(sent(anna, { ...ben, attempt: 2 }))]).toEqual([true, false]);
  });
});
