import { render } from './helm.js';
import { type Container, isWorkload, type KubernetesObject, named, podOf } from './kubernetes.js';
import { PROFILES, profiles } from './profiles.js';
import { surgePolicyOf } from './surge.js';

const scaler = (objects: readonly KubernetesObject[]) =>
  objects.filter(({ kind }) => ['HorizontalPodAutoscaler', 'ScaledObject'].includes(kind));
const envOf = ({ env = [] }: Container) => new Map(env.map(({ name, value }) => [name, value]));

describe.each(profiles)('the chart as %s', (_, rendering) => {
  const objects = render(rendering);

  it('lets one pod go at a time where there are several, and holds up no node where there is one (D1)', () => {
    const budgets = objects.filter(({ kind }) => kind === 'PodDisruptionBudget').map(({ metadata }) => metadata.name);
    const several = objects
      .filter(isWorkload)
      .filter(
        ({ spec, metadata }) =>
          (spec.replicas ?? 2) > 1 || scaler(objects).some((one) => one.metadata.name === metadata.name),
      );
    expect(budgets.toSorted()).toEqual(several.map(({ metadata }) => metadata.name).toSorted());
    for (const { spec } of objects.filter(({ kind }) => kind === 'PodDisruptionBudget'))
      expect(spec).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
  });

  it('spreads every workload over zones and nodes, each version for itself (D2)', () => {
    for (const object of objects.filter(isWorkload)) {
      const spread = podOf(object)?.topologySpreadConstraints ?? [];
      expect(spread.map(({ topologyKey }) => topologyKey)).toEqual([
        'topology.kubernetes.io/zone',
        'kubernetes.io/hostname',
      ]);
      const keys = object.kind === 'Deployment' ? ['pod-template-hash'] : undefined;
      for (const { matchLabelKeys } of spread) expect(matchLabelKeys).toEqual(keys);
    }
  });

  it('probes start, life and readiness of everything; life of ours asks no other server (D3)', () => {
    for (const container of objects.filter(isWorkload).flatMap((object) => podOf(object)!.containers)) {
      const { name, startupProbe, livenessProbe, readinessProbe } = container;
      expect([name, !startupProbe, !livenessProbe, !readinessProbe]).toEqual([name, false, false, false]);
      if (!container.args?.[0]?.startsWith('apps/')) continue;
      expect(livenessProbe?.httpGet).toEqual({ path: '/livez', port: 'internal' });
      expect(readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'internal' });
    }
  });

  it('gives who holds sockets the time to let them go: endpoints, sockets, the rest, and only then an end by force (D4)', () => {
    const pod = podOf(
      objects.find(({ kind, metadata }) => kind === 'Deployment' && /^m-(gateway|standalone)$/.test(metadata.name))!,
    )!;
    const env = envOf(pod.containers[0]!);
    const seconds = (name: string) => Number(env.get(name) ?? env.get(`GATEWAY_${name}`)) / 1_000;
    const preStop = pod.containers[0]!.lifecycle!.preStop!.sleep!.seconds;
    const draining = seconds('DRAIN_DELAY_MS') + seconds('DRAIN_MS');
    expect(preStop).toBeGreaterThan(0);
    expect(seconds('SHUTDOWN_DEADLINE_MS')).toBeGreaterThanOrEqual(draining + 10);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(preStop + draining + 10);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(preStop + seconds('SHUTDOWN_DEADLINE_MS'));
  });

  it('replaces pods one by one, never with fewer than before (D6)', () => {
    for (const { metadata, spec } of objects.filter(({ kind }) => kind === 'Deployment')) {
      expect(spec.strategy.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
      expect(spec.minReadySeconds).toBe(/gateway|standalone/.test(metadata.name) ? 20 : 5);
    }
  });

  it('tells a gateway which rollout it is of, so that nobody is sent away twice (D6)', () => {
    const containers = objects.filter(isWorkload).flatMap((object) => podOf(object)!.containers);
    const rollouts = containers.flatMap(({ env = [] }) => env.filter(({ name }) => /^(GATEWAY_)?ROLLOUT$/.test(name)));
    expect(rollouts.map(({ valueFrom }) => valueFrom?.fieldRef?.fieldPath)).toEqual([
      "metadata.labels['pod-template-hash']",
    ]);
  });

  it('names a number of replicas exactly where nothing scales (B5, D7)', () => {
    const byOperator = surgePolicyOf(objects)?.spec.target ?? [];
    const scaled = scaler(objects)
      .map(({ spec }) => spec.scaleTargetRef.name as string)
      .concat(byOperator);
    for (const { metadata, spec } of objects.filter(isWorkload))
      expect([metadata.name, spec.replicas === undefined]).toEqual([metadata.name, scaled.includes(metadata.name)]);
  });
});

const SCALE_UP = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Percent', value: 100, periodSeconds: 15 },
    { type: 'Pods', value: 4, periodSeconds: 15 },
  ],
};
const SCALE_DOWN = { stabilizationWindowSeconds: 600, policies: [{ type: 'Pods', value: 1, periodSeconds: 120 }] };

describe('scaling', () => {
  it('looks at sockets and CPU: up at once, down slowly (D7)', () => {
    const objects = render({ ...PROFILES.ha, set: ['operator.enabled=false'] });
    const { spec } = named(objects, 'HorizontalPodAutoscaler', 'm-gateway');
    expect(spec.metrics.map(({ type }: { type: string }) => type)).toEqual(['Resource', 'Pods']);
    expect(spec.metrics[1].pods.metric).toEqual({ name: 'relais_gateway_connections' });
    expect(spec.behavior).toEqual({ scaleUp: SCALE_UP, scaleDown: SCALE_DOWN });
  });

  it('by keda does the same, without a second autoscaler (D7)', () => {
    const objects = render(PROFILES.routed);
    const { spec } = named(objects, 'ScaledObject', 'm-gateway');
    expect(spec.triggers.map(({ type }: { type: string }) => type)).toEqual(['cpu', 'prometheus']);
    expect(spec.triggers[1].metadata.query).toContain('relais_gateway_connections{namespace="relais"');
    expect(spec.advanced.horizontalPodAutoscalerConfig.behavior).toEqual({ scaleUp: SCALE_UP, scaleDown: SCALE_DOWN });
    expect(objects.filter(({ kind }) => kind === 'HorizontalPodAutoscaler')).toEqual([]);
  });
});

describe('ways in', () => {
  it('by a Gateway give sockets no time limit, and the rest one (D8)', () => {
    const { spec } = named(render(PROFILES.routed), 'HTTPRoute', 'm-gateway');
    const limits = (spec.rules as { matches: { path: { value: string } }[]; timeouts: { request: string } }[]).map(
      ({ matches, timeouts }) => [matches[0]?.path.value, timeouts.request],
    );
    expect(limits).toEqual([
      ['/v1/realtime', '0s'],
      ['/', '60s'],
    ]);
  });

  it('by an Ingress lead to the same service, which says that it speaks WebSocket (D8)', () => {
    const objects = render(PROFILES.ingress);
    const { spec } = named(objects, 'Ingress', 'm-gateway');
    expect(spec.rules[0].http.paths[0].backend.service).toEqual({ name: 'm-gateway', port: { name: 'public' } });
    expect(named(objects, 'Service', 'm-gateway').spec.ports[0].appProtocol).toBe('kubernetes.io/ws');
  });

  it('of tiny lead to the one process (D8)', () => {
    const objects = render(PROFILES.tiny);
    const { selector } = named(objects, 'Service', 'm-gateway').spec;
    expect(selector).toEqual(named(objects, 'Deployment', 'm-standalone').spec.selector.matchLabels);
  });
});

describe('the NATS of the chart', () => {
  it('starts its servers together, finds them before they are ready, and lets clients go before one ends (D9)', () => {
    const objects = render(PROFILES.ha);
    const { spec } = named(objects, 'StatefulSet', 'm-nats');
    const [container] = podOf(named(objects, 'StatefulSet', 'm-nats'))!.containers;
    expect(spec).toMatchObject({ replicas: 3, podManagementPolicy: 'Parallel', serviceName: 'm-nats-peers' });
    expect(named(objects, 'Service', 'm-nats-peers').spec).toMatchObject({
      clusterIP: 'None',
      publishNotReadyAddresses: true,
    });
    expect(container!.lifecycle!.preStop!.exec!.command.at(-1)).toBe('-sl=ldm=/run/nats/nats.pid');
    expect(container!.volumeMounts).toContainEqual({ name: 'data', mountPath: '/data' });
    expect(container!.startupProbe!.periodSeconds! * container!.startupProbe!.failureThreshold!).toBe(15 * 60);
    const [routes] = container!.args!.slice(1);
    expect(routes!.match(/m-nats-\d\.m-nats-peers:6222/g)).toHaveLength(3);
  });

  it('keeps as many copies of events as it has servers (D9)', () => {
    for (const [rendering, copies] of [
      [PROFILES.small, '1'],
      [PROFILES.ha, '3'],
    ] as const) {
      const [container] = podOf(named(render(rendering), 'Deployment', 'm-messaging'))!.containers;
      expect(envOf(container!).get('EVENTS_REPLICAS')).toBe(copies);
    }
  });
});

describe('migrations', () => {
  it('run in a job of its own name for each version, and pods wait for them (D10)', () => {
    const jobsOf = (...set: string[]) =>
      render({ set }).flatMap(({ kind, metadata }) =>
        kind === 'Job' && metadata.name.includes('migrate') ? [metadata.name] : [],
      );
    const [now, next] = [jobsOf(), jobsOf('image.tag=0.2.0')];
    expect(now.map((name) => name.replace(/-[0-9a-f]{8}$/, ''))).toEqual([
      'm-alerting-migrate',
      'm-auth-migrate',
      'm-messaging-migrate',
    ]);
    expect(now.filter((name) => next.includes(name))).toEqual([]);
    for (const service of ['auth', 'messaging', 'alerting'])
      expect(podOf(named(render(), 'Deployment', `m-${service}`))!.initContainers?.[0]).toMatchObject({
        args: [`apps/${service}/dist/await-migration.js`],
        env: expect.arrayContaining([{ name: 'WAIT_SECONDS', value: '600' }]),
      });
  });
});
