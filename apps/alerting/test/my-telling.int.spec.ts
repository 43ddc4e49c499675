import type { UserId } from '@relais/kernel';
import { EngineWorld } from './engine-world.js';

describe('what an app reads of an alarm that it has missed', () => {
  let world: EngineWorld;
  let raiser: UserId;
  let anna: UserId;

  beforeEach(async () => {
    world = await EngineWorld.open();
    [raiser, anna] = [world.person(), world.person()];
    await world.settings(['socket', 'push']);
  });
  afterEach(() => world.close());

  const toldIn = async (who: UserId) =>
    (await world.reads.list({ state: 'open', limit: 10 }, world.context(who))).items.map(({ told }) => told);

  it('is how the person was told last, in the list and of one alarm', async () => {
    const { alarmId } = await world.raise(raiser, { audience: { userIds: [anna] } });
    await world.settle();
    await world.pass(6);

    const told = { step: 0, cycle: 0, path: 'socket' };
    expect(await world.told('push')).toEqual([`${anna} 0.0`]);
    expect(await toldIn(anna)).toEqual([told]);
    expect(await world.reads.read({ alarmId }, world.context(anna))).toMatchObject({ told });
  });

  it('is nothing for who raised it and for who has answered', async () => {
    const { alarmId } = await world.raise(raiser, { audience: { userIds: [anna] } });
    await world.settle();
    await world.answer(alarmId, anna, 'not_coming');

    expect([await toldIn(raiser), await toldIn(anna)]).toEqual([[undefined], [undefined]]);
  });
});
