import { readdirSync, readFileSync } from 'node:fs';
import { ROUTES } from '@relais/contracts';
import { type DeviceId, newId } from '@relais/kernel';
import { DeviceKey, RelaisApi, RelaisSession } from '@relais/sdk';
import { type People, ensurePeople } from '../people.js';
import { Stack } from '../stack.js';
import { Cluster } from './cluster.js';

const START_DEADLINE_MS = 120_000;

describe('a cluster as npm run up starts it', () => {
  const name = `cluster-${process.pid}`;
  let cluster: Cluster;
  let people: People;

  beforeAll(async () => {
    cluster = await Cluster.start({ name, isTemporary: true });
    people = await ensurePeople(Stack.open(name), await cluster.gatewayUrls(), cluster.bootstrapToken);
  }, START_DEADLINE_MS);

  afterAll(async () => {
    await cluster?.close({ purge: true });
  }, START_DEADLINE_MS);

  async function signIn({ email, password }: { email: string; password: string }): Promise<RelaisSession> {
    const api = new RelaisApi({ gateways: people.gateways, timeoutMs: 30_000 });
    const { organization } = people;
    const device = { id: newId<DeviceId>(), name: 'test', platform: 'server' } as const;
    return RelaisSession.login(api, { organization, email, password }, device, DeviceKey.generate());
  }

  it(
    'has an owner and a member who can sign in',
    async () => {
      const sessions = await Promise.all(people.people.map((person) => signIn(person)));

      const roles = await Promise.all(sessions.map(async (session) => (await session.call(ROUTES.me, {})).role));

      for (const session of sessions) session.close();
      expect(roles).toEqual(['owner', 'member']);
    },
    START_DEADLINE_MS,
  );

  it(
    'has the same two people when the setup runs again, even one that was interrupted',
    async () => {
      const stack = Stack.open(name);

      const again = await ensurePeople(stack, people.gateways, cluster.bootstrapToken);
      const resumed = await ensurePeople(stack, people.gateways, cluster.bootstrapToken, {
        ...again,
        isComplete: false,
      });

      expect(again).toEqual(people);
      expect(resumed).toEqual(people);
    },
    START_DEADLINE_MS,
  );

  it('lets the threads that hash passwords yield to everything else', () => {
    const tasks = `/proc/${cluster.pid('auth-1')}/task`;
    const nicesOf = (thread: string) =>
      readdirSync(tasks)
        .filter((id) => readFileSync(`${tasks}/${id}/comm`, 'utf8').trim() === thread)
        // proc(5): the nineteenth field, after the name in parentheses.
        .map((id) => Number(readFileSync(`${tasks}/${id}/stat`, 'utf8').split(') ')[1]?.split(' ')[16]));

    expect(nicesOf('libuv-worker').length).toBeGreaterThan(0);
    expect(new Set(nicesOf('libuv-worker'))).toEqual(new Set([19]));
    expect(nicesOf('MainThread')).toEqual([0]);
  });

  it(
    'lets a replica be killed and started again on its own port',
    async () => {
      const url = await cluster.internalUrl('messaging-1');

      await cluster.kill('messaging-1');
      expect(cluster.isRunning('messaging-1')).toBe(false);
      await cluster.restart('messaging-1');

      expect(await cluster.isReady('messaging-1')).toBe(true);
      expect(await cluster.internalUrl('messaging-1')).toBe(url);
      expect(cluster.usage('messaging-1').rssBytes).toBeGreaterThan(0);
    },
    START_DEADLINE_MS,
  );
});
