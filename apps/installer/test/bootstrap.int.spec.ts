import { jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KubeServer, KubeServers } from '@relais/kube-api';

const PROGRAM = join(import.meta.dirname, '..', 'dist', 'bootstrap.js');
const PLAN = [
  {
    name: 'm-auth',
    keys: { NATS_NKEY_SEED: 'nkey-seed', NATS_NKEY: 'nkey', 'kek.json': 'kek', DATABASE_PASSWORD: 'password' },
  },
  { name: 'm-valkey', keys: { VALKEY_PASSWORD: 'password' } },
];
const ROOT = '/api/v1/namespaces/relais/secrets';

/** Each run is a process that reads the whole client of Kubernetes. */
jest.setTimeout(60_000);

const servers = new KubeServers();
afterAll(() => servers.close());

describe('the job that makes secrets', () => {
  let api: KubeServer;
  let url: string;
  let home: string;
  beforeEach(async () => {
    api = await servers.open();
    url = await api.start();
    home = mkdtempSync(join(tmpdir(), 'relais-bootstrap-'));
    // The client speaks without TLS only where it is told not to verify any.
    const cluster = { name: 'c', cluster: { server: url, 'insecure-skip-tls-verify': true } };
    const context = { name: 'c', context: { cluster: 'c', user: 'u' } };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      clusters: [cluster],
      contexts: [context],
      users: [{ name: 'u', user: {} }],
    };
    writeFileSync(join(home, 'config'), JSON.stringify(config));
  });
  afterEach(async () => {
    await api.close();
    rmSync(home, { recursive: true });
  });

  function run(plan: object = PLAN): Promise<{ code: number | null; said: string }> {
    const env = {
      KUBECONFIG: join(home, 'config'),
      NAMESPACE: 'relais',
      INSTANCE: 'm',
      SECRETS_PLAN: JSON.stringify(plan),
    };
    const child = spawn(process.execPath, [PROGRAM], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, said })));
  }
  const secrets = async () =>
    new Map((await api.all('secrets')).map(({ metadata, data }) => [metadata.name, data as Record<string, string>]));
  const textOf = async (name: string, key: string): Promise<string> =>
    Buffer.from((await secrets()).get(name)![key]!, 'base64').toString();

  it('makes what is missing, of the right kind and each different, and tells none of it (C6)', async () => {
    const { code, said } = await run();

    expect(code).toBe(0);
    expect([...(await secrets()).keys()]).toEqual(['m-auth', 'm-valkey']);
    expect(await textOf('m-auth', 'NATS_NKEY_SEED')).toMatch(/^SU[A-Z0-9]{56}$/);
    expect(await textOf('m-auth', 'NATS_NKEY')).toMatch(/^U[A-Z0-9]{55}$/);
    const kek = JSON.parse(await textOf('m-auth', 'kek.json')) as {
      active: number;
      keys: Record<string, string>;
      index: string;
    };
    for (const key of [kek.keys[kek.active]!, kek.index]) expect(Buffer.from(key, 'base64')).toHaveLength(32);
    expect(kek.keys[kek.active]).not.toBe(kek.index);
    expect(await textOf('m-auth', 'DATABASE_PASSWORD')).not.toBe(await textOf('m-valkey', 'VALKEY_PASSWORD'));
    for (const data of (await secrets()).values())
      for (const value of Object.values(data)) expect(said).not.toContain(Buffer.from(value, 'base64').toString());
  });

  it('run again changes not a byte, and asks for nothing but create and get (C4, C6)', async () => {
    await run();
    const before = JSON.stringify(await api.all('secrets'));
    expect((await run()).code).toBe(0);

    expect(JSON.stringify(await api.all('secrets'))).toBe(before);
    const verbs = api.log.filter((line) => line.includes('/secrets')).map((line) => line.split(' ')[0]);
    expect(new Set(verbs)).toEqual(new Set(['GET', 'POST']));
    expect(api.log).not.toContain(`GET ${ROOT} 200`);
  });

  it('run twice at once has one winner for each secret, and both end well (C6)', async () => {
    api.order({ method: 'GET', latencyMs: 300 });
    const results = await Promise.all([run(), run()]);

    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect((await secrets()).size).toBe(2);
    expect(api.log.filter((line) => line === `POST ${ROOT} 201`)).toHaveLength(2);
  });

  it('keeps a secret that somebody else has made, and says what it lacks (C6)', async () => {
    const own = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'm-auth' }, data: { NATS_NKEY_SEED: 'U1U=' } };
    const headers = { 'content-type': 'application/json' };
    await fetch(`${url}${ROOT}`, { method: 'POST', headers, body: JSON.stringify(own) });
    const { code, said } = await run();

    expect(code).toBe(1);
    expect(said).toContain('m-auth has no NATS_NKEY, kek.json, DATABASE_PASSWORD');
    expect((await secrets()).get('m-auth')).toEqual({ NATS_NKEY_SEED: 'U1U=' });
    expect((await secrets()).has('m-valkey')).toBe(true);
  });

  it('fails in one line when the API does not let it, and goes on where it was the next time (C6)', async () => {
    api.order({ method: 'POST', code: 500, times: 1, after: true });
    const first = await run();
    const half = JSON.stringify((await secrets()).get('m-auth'));
    const second = await run();

    expect([first.code, second.code]).toEqual([1, 0]);
    expect(first.said.match(/job\.failed/g)).toHaveLength(1);
    expect(JSON.stringify((await secrets()).get('m-auth'))).toBe(half);
  });

  it('says what is wrong with its plan', async () => {
    const { code, said } = await run([{ name: 'x', keys: { a: 'unheard-of' } }]);

    expect(code).not.toBe(0);
    expect(said).toContain('SECRETS_PLAN');
  });
});
