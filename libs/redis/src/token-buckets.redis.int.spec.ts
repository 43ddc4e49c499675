import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { newId } from '@relais/kernel';
import { type LogFields, silentLog } from '@relais/observability';
import { testRedis } from '@relais/testing';
import { createRedis, type RedisConnection } from './create-redis.js';
import { LIMITS, tokenBucketsContract } from './token-buckets.contract.js';
import { FallbackBuckets } from './token-buckets.fallback.js';
import { RedisBuckets } from './token-buckets.redis.js';

const sleep = (durationMs: number) => new Promise<void>((resolve) => setTimeout(resolve, durationMs));
const open: RedisConnection[] = [];
const children: ChildProcess[] = [];

const connect = async (url: string, log = silentLog) => {
  const connection = createRedis({ url, log });
  open.push(connection);
  await new Promise<void>((resolve) => connection.client.once('ready', () => resolve()));
  return connection.client;
};

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(open.splice(0).map((connection) => connection.close()));
});

describe('RedisBuckets', () => {
  tokenBucketsContract(async () => ({
    buckets: new RedisBuckets(await connect(testRedis()), LIMITS),
    wait: sleep,
  }));

  it('shares a bucket between replicas, under a key that shows nobody and expires', async () => {
    const [one, other] = [await connect(testRedis()), await connect(testRedis())];
    const [bucket, key] = [`slow-${newId<string>()}`, 'ada@example.org'];
    const limits = { [bucket]: { capacity: 5, refillPerSecond: 1 } };
    await new RedisBuckets(one, limits).take(bucket, key, 5);

    expect((await new RedisBuckets(other, limits).take(bucket, key)).allowed).toBe(false);
    const keys = await one.keys(`rl:${bucket}:*`);
    expect(keys).toEqual([expect.stringMatching(/:[0-9a-f]{32}$/)]);
    expect(await one.pttl(keys[0] as string)).toBeLessThanOrEqual(6_000);
    expect(await one.pttl(keys[0] as string)).toBeGreaterThan(0);
  });
});

/** A server of this test alone, to be frozen and killed. */
async function startServer(port: number): Promise<ChildProcess> {
  const arguments_ = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    '/tmp',
  ];
  const server = spawn('redis-server', arguments_, { stdio: 'ignore' });
  children.push(server);
  await once(server, 'spawn');
  return server;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

describe('limits over a real Redis that fails', () => {
  it('become local when it is frozen or killed, and shared again when it is back', async () => {
    const port = await freePort();
    const server = await startServer(port);
    const lines: LogFields[] = [];
    const redis = await connect(`redis://127.0.0.1:${port}`, { ...silentLog, warn: (line) => void lines.push(line) });
    const shared = new RedisBuckets(redis, LIMITS);
    const buckets = new FallbackBuckets({ shared, limits: LIMITS, expectedReplicas: 5, log: silentLog });
    const allowedOf = async (key: string) => {
      let allowed = 0;
      for (let count = 0; count < 10; count++) if ((await buckets.take('slow', key)).allowed) allowed += 1;
      return allowed;
    };
    const untilShared = async () => {
      for (let attempt = 0; attempt < 100; attempt++) {
        if ((await allowedOf(newId())) === 5) return;
        await sleep(100);
      }
      throw new Error('the limits stayed local');
    };
    await untilShared();
    lines.splice(0);

    server.kill('SIGSTOP');
    expect(await allowedOf(newId())).toBe(1);
    server.kill('SIGCONT');
    await untilShared();

    server.kill('SIGKILL');
    await once(server, 'exit');
    expect(await allowedOf(newId())).toBe(1);
    await startServer(port);
    await untilShared();

    expect(lines.filter((line) => line.event === 'redis.lost')).toHaveLength(1);
  }, 30_000);

  it('are local while there never was a Redis, with one line in the log and an end to the connection', async () => {
    const lines: LogFields[] = [];
    const write = (line: LogFields) => void lines.push(line);
    const connection = createRedis({
      url: `redis://127.0.0.1:${await freePort()}`,
      log: { ...silentLog, warn: write },
    });
    open.push(connection);
    const shared = new RedisBuckets(connection.client, LIMITS);
    const buckets = new FallbackBuckets({ shared, limits: LIMITS, expectedReplicas: 1, log: silentLog });

    expect((await buckets.take('slow', 'ada', 5)).allowed).toBe(true);
    expect((await buckets.take('slow', 'ada')).allowed).toBe(false);
    await sleep(500);
    expect(lines.map((line) => line.event)).toEqual(['redis.lost']);
  });
});
