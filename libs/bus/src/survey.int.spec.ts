import { defineSurvey } from '@relais/contracts';
import { TcpProxy } from '@relais/testing';
import { z } from 'zod';
import { World } from '../test/world.js';
import { Surveys } from './index.js';

const count = defineSurvey({
  subject: 'all.test.count.v1',
  question: z.strictObject({ of: z.string() }),
  answer: z.strictObject({ count: z.int() }),
});

describe('a question to all replicas', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.open();
  });
  afterEach(() => world.release());
  afterAll(() => world.close());

  const replica = async (answer: (question: { of: string }) => unknown) => {
    const connection = await world.connect();
    const stop = new Surveys(connection).answer(count, answer as never);
    await connection.nats.flush();
    return stop;
  };
  const ask = async (of: string, waitMs = 250) => new Surveys(await world.connect()).ask(count, { of }, waitMs);

  it('is answered by each that has something to say, and by nobody else', async () => {
    await replica(() => ({ count: 1 }));
    await replica(({ of }) => (of === 'x' ? { count: 2 } : null));
    await replica(() => ({ count: 'many' }));
    await replica(() => {
      throw new Error('bug');
    });

    const [both, one, none] = await Promise.all([ask('x'), ask('y'), ask(7 as never)]);
    expect(both.map((answer) => answer.count).sort()).toEqual([1, 2]);
    expect(one).toEqual([{ count: 1 }]);
    expect(none).toEqual([]);
  }, 20_000);

  it('is over at once when there is nobody', async () => {
    const stop = await replica(() => ({ count: 1 }));
    stop();
    await new Promise((resolve) => setTimeout(resolve, 50));

    expect(await ask('x', 600_000)).toEqual([]);
  });

  it('has no answers while NATS is away', async () => {
    const proxy = await TcpProxy.open(world.nats.url);
    const connection = await world.connect('test', { url: proxy.url });
    await proxy.cut();
    while (connection.isUp()) await new Promise((resolve) => setTimeout(resolve, 10));

    expect(await new Surveys(connection).ask(count, { of: 'x' }, 600_000)).toEqual([]);
    await connection.nats.close();
    await proxy.close();
  });
});
