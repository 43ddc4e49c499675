import { jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { eventually } from './eventually.js';
import { POLICY, World } from './world.js';

jest.setTimeout(90_000);

/** As the chart runs it; a budget, so it is the same on every machine. */
const MEMORY = { NODE_OPTIONS: '--max-old-space-size=134 --max-semi-space-size=2', MALLOC_ARENA_MAX: '1' };
const MAX_RSS_MIB = 96;

describe('the operator and its surges', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  it('makes the policy it is given and its autoscaler, which go with the Deployment and the policy', async () => {
    await world.start();
    await world.settled();

    expect(world.policy()).toMatchObject({ spec: POLICY, metadata: { ownerReferences: [{ kind: 'Deployment' }] } });
    expect(world.autoscaler()).toMatchObject({
      metadata: { name: 'm-gateway', ownerReferences: [{ kind: 'SurgePolicy', controller: true }] },
      spec: {
        ...{ minReplicas: 3, maxReplicas: 12, scaleTargetRef: { kind: 'Deployment', name: 'm-gateway' } },
        behavior: { scaleDown: { stabilizationWindowSeconds: 600 } },
      },
    });
    await world.ask('DELETE', '/apis/apps/v1/namespaces/relais/deployments/m-gateway');
    await eventually(() => world.policy() === undefined);
    await eventually(() => world.autoscaler() === undefined);
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
      await eventually(() => world.minimum() === 5 + round);
      tookMs.push(performance.now() - startedAtMs);
    }
    process.stdout.write(`from the alarm to the raised minimum, ms: ${tookMs.map(Math.round).join(' ')}\n`);

    expect(tookMs.toSorted((a, b) => a - b)[2]).toBeLessThan(1_000);
    expect(world.policy()?.['status']).toMatchObject({ surge: { cause: 'alarm' } });
    expect(world.policy()?.['status'].begunAt).toHaveLength(1);
    await eventually(() => world.reasons().includes('SurgeRaised'));
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
    await eventually(() => world.minimum() === 8);

    expect(world.policy()?.['status']).toMatchObject({ surge: { cause: 'outage' } });
    expect(world.policy()?.['status'].handled).toHaveLength(1);
  });

  it('goes down again to the usual minimum exactly, step by step, and says when it is over', async () => {
    const surge = { ...POLICY.surge, holdSeconds: 10, stepSeconds: 1 };
    await world.start({ SURGE_POLICY: JSON.stringify({ name: 'm-gateway', spec: { ...POLICY, surge } }) });
    await world.settled();
    await world.outage(true);
    const seen = new Set<number | undefined>();
    await eventually(() => {
      seen.add(world.minimum());
      return seen.has(8) && world.minimum() === 3 && world.policy()?.['status'].surge === undefined;
    }, 60_000);

    expect([...seen].filter((one) => one !== 3 && one !== 8).length).toBeGreaterThan(0);
    await eventually(() => world.reasons().includes('SurgeOver'));
  });

  it('goes on with a surge where a leader that was killed has ended, and takes the alarm that came meanwhile', async () => {
    const first = await world.start();
    await world.settled();
    await world.alarm(10_000);
    await eventually(() => world.minimum() === 8);
    const until = String(world.policy()?.['status'].surge.until);
    await first.end('SIGKILL');
    await world.changeAutoscaler({ spec: { minReplicas: 1 } });
    const id = await world.alarm(20_000);
    await world.start();
    await eventually(() => world.minimum() === 8);
    await eventually(() => (world.policy()?.['status'].handled as string[]).includes(`alarm/${id}`));

    const { surge, begunAt, term } = world.policy()?.['status'] as {
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
    await eventually(() => world.minimum() === 8);

    expect(world.policy()?.['status'].begunAt).toHaveLength(1);
  });

  it('leaves a larger minimum to whoever has set it by hand, and takes back a smaller one', async () => {
    await world.start();
    await world.settled();
    await world.changeAutoscaler({ spec: { minReplicas: 10 } });
    await eventually(() => world.policy()?.['status'].conditions[0].reason === 'Overridden');
    expect(world.minimum()).toBe(10);
    await world.changeAutoscaler({ spec: { minReplicas: 1 } });
    await eventually(() => world.minimum() === 3);
  });

  it('raises nothing and takes nothing back while the annotation says so', async () => {
    await world.start();
    await world.settled();
    await world.change({ metadata: { annotations: { 'relais.io/surge': 'paused' } } });
    await eventually(() => world.policy()?.['status'].conditions[0].reason === 'Paused');
    await world.alarm(10_000);
    await world.dealtWith();
    await world.change({ metadata: { annotations: { 'relais.io/surge': null } } });
    await eventually(() => world.policy()?.['status'].conditions[0].reason === 'Scaled');

    expect(world.minimum()).toBe(3);
  });

  it('says what kstatus understands: of this generation, ready, or stalled without its Deployment (B8)', async () => {
    await world.start();
    await world.settled();
    const conditions = () =>
      world.policy()?.['status'].conditions as { type: string; status: string; reason: string }[];
    expect(conditions()).toEqual([
      expect.objectContaining({ type: 'Ready', status: 'True', reason: 'Scaled', observedGeneration: 1 }),
      expect.objectContaining({ type: 'Surging', status: 'False' }),
    ]);
    await world.make('other', { ...POLICY, target: 'nothing' });
    await eventually(() => world.api.all('surgepolicies')[1]?.['status']?.observedGeneration === 1);

    expect(world.api.all('surgepolicies')[1]?.['status'].conditions).toEqual([
      expect.objectContaining({ type: 'Ready', status: 'False', reason: 'TargetMissing' }),
      expect.objectContaining({ type: 'Stalled', status: 'True' }),
      expect.objectContaining({ type: 'Surging', status: 'False' }),
    ]);
  });

  it('hands over at once when it is told to end, and ends by itself', async () => {
    const first = await world.start();
    await world.settled();
    const before = world.holder();
    const second = await world.start();
    const ended = await first.end();
    await eventually(() => world.holder() !== '' && world.holder() !== before);
    await world.alarm(10_000);
    await eventually(() => world.minimum() === 8);

    expect(ended.code).toBe(0);
    expect((await second.end()).code).toBe(0);
    expect(world.holder()).toBe('');
  });

  it('writes nothing more when it goes on after having been stopped for longer than its lease', async () => {
    const first = await world.start();
    await world.settled();
    const before = world.holder();
    first.signal('SIGSTOP');
    await world.start();
    await eventually(() => world.holder() !== before);
    await world.alarm(10_000);
    await eventually(() => world.minimum() === 8);
    first.signal('SIGCONT');
    // Its own renewal is refused, its consumers have lost their place: what is written stays the new leader's.
    await world.alarm(20_000);
    await eventually(() => (world.policy()?.['status'].handled as string[]).length === 2);

    expect(world.policy()?.['status'].term.number).toBe(2);
    expect(world.holder()).not.toBe(before);
  });
});
