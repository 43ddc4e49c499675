import { newId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { testRedis } from '@relais/testing';
import { createRedis, type RedisConnection } from './create-redis.js';
import { RedisUsedIds } from './used-ids.redis.js';

describe('RedisUsedIds', () => {
  const open: RedisConnection[] = [];

  afterAll(() => Promise.all(open.map((connection) => connection.close())));

  async function ids(purpose: string): Promise<RedisUsedIds> {
    const connection = createRedis({ url: testRedis(), log: silentLog });
    open.push(connection);
    await new Promise<void>((resolve) => connection.client.once('ready', () => resolve()));
    return new RedisUsedIds(connection.client, purpose);
  }

  it('lets one of many use an id, whichever replica they ask', async () => {
    const [one, other] = [await ids('test'), await ids('test')];
    const id = newId<string>();

    const uses = await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? one : other).use(id, 5_000)));

    expect(uses.filter(Boolean)).toHaveLength(1);
    expect(await (await ids('another purpose')).use(id, 5_000)).toBe(true);
  });

  it('forgets an id after its time', async () => {
    const one = await ids('test');
    const id = newId<string>();
    await one.use(id, 50);

    await new Promise((resolve) => setTimeout(resolve, 100));

    expect(await one.use(id, 50)).toBe(true);
  });
});
