import { jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { KubeServers, type RealKubeApi } from '@relais/kube-api';
import { chartObjects } from './chart.js';
import { eventually } from './eventually.js';
import { POLICY, World } from './world.js';

jest.setTimeout(90_000);

/** As the chart runs it; a budget, so it is the same on every machine. */
const MEMORY = { NODE_OPTIONS: '--max-old-space-size=134 --max-semi-space-size=1', MALLOC_ARENA_MAX: '1' };
const MAX_RSS_MIB = 96;

const RIGHTS: Record<string, string> = {
  ServiceAccount: '/api/v1/namespaces/relais/serviceaccounts',
  Role: '/apis/rbac.authorization.k8s.io/v1/namespaces/relais/roles',
  RoleBinding: '/apis/rbac.authorization.k8s.io/v1/namespaces/relais/rolebindings',
};
const objects = chartObjects();
const isDefinition = ({ kind }: { kind: string }) => kind === 'CustomResourceDefinition';
const servers = new KubeServers({ definitions: objects.filter(isDefinition) });
afterAll(() => servers.close());

describe('the operator and its surges', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open(servers);
  });
  afterEach(() => world.close());

  it('makes the policy it is given and its autoscaler, which go with the Deployment and the policy', async () => {
    await world.start();
    await world.settled();

    expect(await world.policy()).toMatchObject({
      spec: POLICY,
      metadata: { ownerReferences: [{ kind: 'Deployment' }] },
    });
    expect(await world.autoscaler()).toMatchObject({
      metadata: { name: 'm-gateway', ownerReferences: [{ kind: 'SurgePolicy', controller: true }] },
      spec: {
        ...{ minReplicas: 3, maxReplicas: 12, scaleTargetRef: { kind: 'Deployment', name: 'm-gateway' } },
        behavior: { scaleDown: { stabilizationWindowSeconds: 600 } },
      },
    });
    if (!servers.collectsGarbage) return;
    await world.ask('DELETE', '/apis/apps/v1/namespaces/relais/deployments/m-gateway');
    await eventually(async () => (await world.policy()) === undefined);
    await eventually(async () => (await world.autoscaler()) === undefined);
  });

  it('raises the minimum within a second of a mass alarm, once, and tells of it', async () => {
    await world.start({ SURGE_POLICY: '' });
    await world.make('m-gateway', POLICY);
    await world.settled();
    const tookMs: number[] = [];
    for (let round = 0; round < 5; round++) {
      await world.change({ spec: { surge: { replicas: 5 + round } } });
      const startedAtMs = performance.now();
      await world.alarm(10_000);
      await world.raised(5 + round);
      tookMs.push(performance.now() - startedAtMs);
    }
    process.stdout.write(`from the alarm to the raised minimum, ms: ${tookMs.map(Math.round).join(' ')}\n`);

    expect(tookMs.toSorted((a, b) => a - b)[2]).toBeLessThan(1_000);
    expect(await world.status()).toMatchObject({ surge: { cause: 'alarm' } });
    expect((await world.status()).begunAt).toHaveLength(1);
    await eventually(async () => (await world.reasons()).includes('SurgeRaised'));
  });

  it('takes no more than 96 MiB while nothing happens (A5)', async () => {
    const operator = await world.start(MEMORY);
    await world.settled();
    const status = readFileSync(`/proc/${operator.pid}/status`, 'utf8');
    const rssMiB = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
    process.stdout.write(`the operator takes ${rssMiB.toFixed(0)} MiB\n`);

    expect(rssMiB).toBeLessThanOrEqual(MAX_RSS_MIB);
  });

  it('leaves small alarms alone, and outage mode that goes off', async () => {
    await world.start();
    await world.settled();
    await world.alarm(499);
    await world.outage(false);
    await world.alarm(10_000, { at: new Date(Date.now() - 3_600_000) });
    await world.outage(true);
    await world.raised();

    expect(await world.status()).toMatchObject({ surge: { cause: 'outage' } });
    expect((await world.status()).handled).toHaveLength(1);
  });

  it('goes down again to the usual minimum exactly, step by step, and says when it is over', async () => {
    const surge = { ...POLICY.surge, holdSeconds: 10, stepSeconds: 1 };
    await world.start({ SURGE_POLICY: JSON.stringify({ name: 'm-gateway', spec: { ...POLICY, surge } }) });
    await world.settled();
    await world.outage(true);
    const seen = new Set<number | undefined>();
    await eventually(async () => {
      const minimum = await world.minimum();
      seen.add(minimum);
      return seen.has(8) && minimum === 3 && (await world.status()).surge === undefined;
    }, 60_000);

    expect([...seen].filter((one) => one !== 3 && one !== 8).length).toBeGreaterThan(0);
    await eventually(async () => (await world.reasons()).includes('SurgeOver'));
  });

  it('goes on with a surge where a leader that was killed has ended, and takes the alarm that came meanwhile', async () => {
    const first = await world.start();
    await world.settled();
    await world.alarm(10_000);
    await world.raised();
    const until = String((await world.status()).surge.until);
    await first.end('SIGKILL');
    await world.changeAutoscaler({ spec: { minReplicas: 1 } });
    const id = await world.alarm(20_000);
    await world.start();
    await world.raised();
    await eventually(async () => ((await world.status()).handled as string[]).includes(`alarm/${id}`));

    const { surge, begunAt, term } = (await world.status()) as {
      surge: { until: string };
      begunAt: string[];
      term: object;
    };
    expect(Date.parse(surge.until)).toBeGreaterThan(Date.parse(until));
    expect(begunAt).toHaveLength(1);
    expect(term).toMatchObject({ number: 2 });
  });

  it('raises it although the API server refuses, fails, hangs or has changed the policy meanwhile', async () => {
    await world.start();
    await world.settled();
    world.api.order({ method: 'PUT', path: /surgepolicies/, code: 500, times: 1 });
    world.api.order({ method: 'PUT', path: /surgepolicies/, code: 409, times: 1 });
    world.api.order({ method: 'PATCH', path: /autoscalers/, code: 429, times: 1 });
    world.api.order({ method: 'PATCH', path: /autoscalers/, cut: true, times: 1 });
    world.api.order({ method: 'PATCH', path: /autoscalers/, latencyMs: 2_000, times: 1 });
    await world.alarm(10_000);
    await world.raised();

    expect((await world.status()).begunAt).toHaveLength(1);
  });

  it('leaves a larger minimum to whoever has set it by hand, and takes back a smaller one', async () => {
    await world.start();
    await world.settled();
    await world.changeAutoscaler({ spec: { minReplicas: 10 } });
    await eventually(async () => (await world.status()).conditions[0].reason === 'Overridden');
    expect(await world.minimum()).toBe(10);
    await world.changeAutoscaler({ spec: { minReplicas: 1 } });
    await world.raised(3);
  });

  it('raises nothing and takes nothing back while the annotation says so', async () => {
    await world.start();
    await world.settled();
    await world.change({ metadata: { annotations: { 'relais.io/surge': 'paused' } } });
    await eventually(async () => (await world.status()).conditions[0].reason === 'Paused');
    await world.alarm(10_000);
    await world.dealtWith();
    await world.change({ metadata: { annotations: { 'relais.io/surge': null } } });
    await eventually(async () => (await world.status()).conditions[0].reason === 'Scaled');

    expect(await world.minimum()).toBe(3);
  });

  it('says what kstatus understands: of this generation, ready, or stalled without its Deployment (B8)', async () => {
    await world.start();
    await world.settled();
    expect((await world.status()).conditions).toEqual([
      expect.objectContaining({ type: 'Ready', status: 'True', reason: 'Scaled', observedGeneration: 1 }),
      expect.objectContaining({ type: 'Surging', status: 'False' }),
    ]);
    await world.make('other', { ...POLICY, target: 'nothing' });
    const other = async () => (await world.api.all('surgepolicies')).find(({ metadata }) => metadata.name === 'other');
    await eventually(async () => (await other())?.['status']?.observedGeneration === 1);

    expect((await other())?.['status'].conditions).toEqual([
      expect.objectContaining({ type: 'Ready', status: 'False', reason: 'TargetMissing' }),
      expect.objectContaining({ type: 'Stalled', status: 'True' }),
      expect.objectContaining({ type: 'Surging', status: 'False' }),
    ]);
  });

  it('hands over at once when it is told to end, and ends by itself', async () => {
    const first = await world.start();
    await world.settled();
    const before = await world.holder();
    const second = await world.start();
    const ended = await first.end();
    await eventually(async () => !['', before].includes(await world.holder()));
    await world.alarm(10_000);
    await world.raised();

    expect(ended.code).toBe(0);
    expect((await second.end()).code).toBe(0);
    expect(await world.holder()).toBe('');
  });

  it('writes nothing more when it goes on after having been stopped for longer than its lease', async () => {
    const first = await world.start();
    await world.settled();
    const before = await world.holder();
    first.signal('SIGSTOP');
    await world.start();
    await eventually(async () => (await world.holder()) !== before);
    await world.alarm(10_000);
    await world.raised();
    first.signal('SIGCONT');
    // Its own renewal is refused, its consumers have lost their place: what is written stays the new leader's.
    await world.alarm(20_000);
    await eventually(async () => ((await world.status()).handled as string[]).length === 2);

    expect((await world.status()).term.number).toBe(2);
    expect(await world.holder()).not.toBe(before);
  });
  const itReal = servers.isReal ? it : it.skip;
  itReal('does its work with the rights of its account in the chart, and no others, over TLS (C4)', async () => {
    for (const object of objects.filter(({ kind }) => kind in RIGHTS))
      await world.ask('POST', RIGHTS[object.kind]!, object);
    const account = await (world.api as RealKubeApi).accountOf('relais', 'm-operator');
    const rights = { ...account, LEASE_NAME: 'm-operator', LEASE_RETRY_MS: '1000' };
    const operator = await world.start(rights);
    await world.settled();
    await world.alarm(10_000);
    await world.raised();
    await eventually(async () => (await world.reasons()).includes('SurgeRaised'));
    const { code, said } = await operator.end();

    expect(code).toBe(0);
    expect(await world.holder()).toBe('');
    expect(said).not.toMatch(/forbidden|failed/);
  });
});
