import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { KubeApi } from '@relais/kube-api';
import { testPostgres, testRedis } from '@relais/testing';
import { render, workspace } from './helm.js';
import { type KubernetesObject, named, podOf } from './kubernetes.js';
import { PROFILES } from './profiles.js';
import { Pods } from './pods.js';

const DEADLINE_MS = 300_000;
const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;
const guide = readFileSync(join(workspace, 'docs', 'operations', 'install.md'), 'utf8');
const [bootstrap = '', me = ''] = guide.split('\n').filter((line) => line.startsWith('npx relais-admin '));

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    }),
  );
}

describe('tiny, run as its manifests say, with secrets that its own job has made', () => {
  const objects = render(PROFILES.tiny);
  const home = mkdtempSync(join(tmpdir(), 'relais-tiny-'));
  const api = new KubeApi();
  const started: ChildProcess[] = [];
  let gateway: string;
  let internal: string;
  let pods: Pods;
  let standalone: Awaited<ReturnType<Pods['start']>>;

  const jobs = (part: string): KubernetesObject[] =>
    objects.filter(({ kind, metadata }) => kind === 'Job' && metadata.name.includes(part));

  beforeAll(async () => {
    const ports = { nats: await freePort(), public: await freePort(), internal: await freePort() };
    [gateway, internal] = [`http://127.0.0.1:${ports.public}`, `http://127.0.0.1:${ports.internal}`];
    writeFileSync(join(home, 'kubeconfig'), kubeconfigOf(await api.start()));
    const database = new URL(testPostgres());
    const here = { 'm-nats:4222': `127.0.0.1:${ports.nats}`, 'm-postgresql:5432': database.host, '/run/relais': home };
    const more = {
      ...{ KUBECONFIG: join(home, 'kubeconfig'), NAMESPACE: 'relais', REPLICA: 'tiny-1', HOST: '127.0.0.1' },
      ...{
        INTERNAL_PORT: String(ports.internal),
        GATEWAY_PORT: String(ports.public),
        GATEWAY_REDIS_URL: testRedis(),
      },
      ...{ DATABASE_ADMIN_URL: database.href, DATABASE_UNSAFE: 'true' },
    };
    pods = new Pods(api, home, here, more);
    for (const job of jobs('bootstrap')) await pods.runToEnd(job);
    startNats(ports.nats);
    for (const job of jobs('migrate')) await pods.runToEnd(job);
    standalone = await pods.start(named(objects, 'Deployment', 'm-standalone'));
    started.push(standalone.process);
  }, DEADLINE_MS);

  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL');
    await api.close();
    rmSync(home, { recursive: true });
  });

  function kubeconfigOf(server: string): string {
    const cluster = { name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } };
    const context = { name: 'c', context: { cluster: 'c', user: 'u' } };
    return JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'c' },
      ...{ clusters: [cluster], contexts: [context], users: [{ name: 'u', user: {} }] },
    });
  }

  /** The server of this machine with the configuration of the chart. */
  function startNats(port: number): void {
    const { data } = named(objects, 'ConfigMap', 'm-nats') as unknown as { data: Record<string, string> };
    mkdirSync(join(home, 'data'));
    // The server of Debian does not know yet that it may sync before it acknowledges.
    const text = data['nats.conf']!.replace(' sync_interval: always,', '')
      .replace('port: 4222', `port: ${port}`)
      .replace('http: 8222\n', '');
    writeFileSync(join(home, 'nats.conf'), text.replace('/data', join(home, 'data')).replace('/run/nats', home));
    const [container] = podOf(named(objects, 'StatefulSet', 'm-nats'))!.containers;
    const env = { ...pods.envOf(container!), PATH };
    started.push(spawn('nats-server', ['-c', join(home, 'nats.conf')], { env, stdio: 'ignore' }));
  }

  it(
    'becomes ready: keys, databases, permissions and trust fit together (C6, D10)',
    async () => {
      const deadline = Date.now() + 60_000;
      const problems = async () => (await fetch(`${internal}/readyz`).catch(() => undefined))?.text();
      while ((await problems()) !== 'ok\n' && Date.now() < deadline) await pause(200);
      expect(await problems()).toBe('ok\n');
    },
    DEADLINE_MS,
  );

  it(
    'passes the test that helm test runs in a cluster (E6)',
    async () => {
      const [test] = render({ ...PROFILES.tiny, set: ['tests.enabled=true'] }).filter(({ kind }) => kind === 'Pod');
      test!.spec.containers[0].env.find(({ name }: { name: string }) => name === 'GATEWAY_URL').value = gateway;
      await pods.runToEnd(test!);
    },
    DEADLINE_MS,
  );

  /** As it stands in the guide, in a shell at the root of the checkout, for the gateway that is here. */
  async function follow(line: string, env: Record<string, string> = {}): Promise<string> {
    const command = `${line.replace('http://localhost:8080', gateway)} --people '${home}/people.json' 2>&1 || true`;
    const options = { cwd: workspace, env: { PATH, HOME: home, ...env } };
    return (await promisify(execFile)('bash', ['-c', command], options)).stdout;
  }

  it(
    'gets its first organization by the commands of the installation guide, once, whose owner stays signed in',
    async () => {
      const BOOTSTRAP_TOKEN = pods.secret('m-first-organization', 'BOOTSTRAP_TOKEN');
      const env = { BOOTSTRAP_TOKEN, RELAIS_PASSWORD: 'eleven geese crossed the weir' };

      expect(await follow(bootstrap, { ...env, BOOTSTRAP_TOKEN: 'guessed' })).toContain(
        'bootstrap_refused: this token',
      );
      expect(await follow(bootstrap, { BOOTSTRAP_TOKEN })).toContain('set RELAIS_PASSWORD');
      expect(await follow(bootstrap, env)).toContain('ada@acme.example is signed in as its owner');
      expect(JSON.parse(await follow(me))).toMatchObject({ displayName: 'Ada Able', role: 'owner' });
      expect(await follow(bootstrap, env)).toContain('bootstrap_refused: this token');
      expect(await follow(bootstrap.replace(/http:\S+/, 'http://127.0.0.1:9'), env)).toContain('cannot reach http');
    },
    DEADLINE_MS,
  );

  it(
    'ends in good order when it is told to (D3)',
    async () => {
      standalone.process.kill('SIGTERM');
      const code = await new Promise((resolve) => standalone.process.on('close', resolve));
      expect([code, standalone.said().includes('close.failed')]).toEqual([0, false]);
    },
    DEADLINE_MS,
  );
});
