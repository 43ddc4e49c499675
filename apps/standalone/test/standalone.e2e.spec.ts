import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ROUTES } from '@relais/contracts';
import { Cluster, ensurePeople, type Env, type People, Stack, usageOf } from '@relais/devstack';
import { type ConversationId, type DeviceId, type EntryId, newId } from '@relais/kernel';
import { DeviceKey, RelaisApi, RelaisSession } from '@relais/sdk';

const DEADLINE_MS = 120_000;
const PROGRAM = join(import.meta.dirname, '..', 'dist', 'main.js');

/** What each service of a cluster is told, as one process is told it. */
const together = (environments: ReadonlyMap<string, Env>): Env =>
  Object.fromEntries(
    [...environments].flatMap(([service, env]) =>
      Object.entries(env).map(([name, value]) => [`${service.toUpperCase()}_${name}`, value]),
    ),
  );

describe('all services in one process', () => {
  const name = `standalone-${process.pid}`;
  const environments = new Map<string, Env>();
  let cluster: Cluster;
  let people: People;
  let standalone: ChildProcess;
  let said = '';
  let internal: string;

  beforeAll(async () => {
    cluster = await Cluster.start({
      name,
      isTemporary: true,
      env: ({ service }, usual) => {
        environments.set(service, usual);
        return {};
      },
    });
    people = await ensurePeople(Stack.open(name), await cluster.gatewayUrls(), cluster.bootstrapToken);
    internal = await cluster.internalUrl('gateway-1');
    for (const { name: replica } of cluster.replicas) await cluster.stop(replica);

    const { PATH, NODE_OPTIONS, MALLOC_ARENA_MAX, NATS_URL, INTERNAL_PORT } = environments.get('gateway')!;
    const env = {
      ...{ PATH, NODE_OPTIONS, MALLOC_ARENA_MAX, NATS_URL, INTERNAL_PORT },
      ...{ HOST: '127.0.0.1', REPLICA: 'standalone-1' },
      ...together(environments),
    };
    standalone = spawn(process.execPath, [PROGRAM], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [standalone.stdout!, standalone.stderr!])
      stream.on('data', (chunk) => (said += String(chunk)));
    await untilReady();
  }, DEADLINE_MS);

  afterAll(async () => {
    standalone?.kill('SIGKILL');
    await cluster?.close({ purge: true });
  }, DEADLINE_MS);

  async function untilReady(): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!(await fetch(`${internal}/readyz`).catch(() => undefined))?.ok) {
      if (Date.now() > deadline || standalone.exitCode !== null) throw new Error(`not ready:\n${said.slice(-4_000)}`);
      await pause(100);
    }
  }

  async function signIn({ email, password }: People['people'][0]): Promise<RelaisSession> {
    const api = new RelaisApi({ gateways: people.gateways, timeoutMs: 30_000 });
    const device = { id: newId<DeviceId>(), name: 'test', platform: 'server' } as const;
    return RelaisSession.login(
      api,
      { organization: people.organization, email, password },
      device,
      DeviceKey.generate(),
    );
  }

  it(
    'carries a message from one person to another, on the data that the separate services left',
    async () => {
      const [alice, bob] = [await signIn(people.people[0]), await signIn(people.people[1])];
      const direct = { id: newId<ConversationId>(), kind: 'direct' as const, memberIds: [bob.tokens.userId] };
      const { id: conversationId } = await alice.call(ROUTES.createConversation, direct);
      const entry = { id: newId<EntryId>(), kind: 'message', body: { text: 'all in one' } } as const;

      const { seq } = await alice.call(ROUTES.append, { conversationId, ...entry });
      const { entries } = await bob.call(ROUTES.listEntries, { conversationId, after: seq - 1 });

      expect(entries.map(({ body }) => body)).toEqual([entry.body]);
      alice.close();
      bob.close();
    },
    DEADLINE_MS,
  );

  it('has one internal port, whose readiness and metrics are of all services', async () => {
    expect(await (await fetch(`${internal}/readyz`)).text()).toBe('ok\n');
    const metrics = await (await fetch(`${internal}/metrics`)).text();
    for (const metric of ['relais_gateway_connections', 'relais_messages_accepted_total', 'relais_auth_attempts_total'])
      expect(metrics).toContain(metric);
  });

  it('at rest takes less memory than architecture allows all services together', () => {
    expect(usageOf(standalone.pid!).rssBytes).toBeLessThanOrEqual(220 * 1024 ** 2);
  });

  it('logs each service under its own name', () => {
    const services = new Set(
      said.split('\n').flatMap((line) => (line ? [(JSON.parse(line) as { service: string }).service] : [])),
    );
    expect(services).toContain('standalone');
    expect(services).toContain('gateway');
  });

  it(
    'ends in good order when it is told to',
    async () => {
      standalone.kill('SIGTERM');
      await once(standalone, 'exit');
      expect(standalone.exitCode).toBe(0);
      expect(said).not.toContain('close.failed');
    },
    DEADLINE_MS,
  );
});
