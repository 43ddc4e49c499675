import { footprintOf } from './footprint.js';
import { refusalOf, render } from './helm.js';
import { type KubernetesObject, mebibytes, named, podOf } from './kubernetes.js';
import { PROFILES, profiles } from './profiles.js';
import { Reachability } from './reachability.js';
import { surgePolicyOf } from './surge.js';

const ha = render(PROFILES.ha);
const without = render({ ...PROFILES.ha, set: ['operator.enabled=false'] });
const keyOf = ({ kind, metadata }: KubernetesObject): string => `${kind}/${metadata.name}`;
const definitionOf = (objects: readonly KubernetesObject[]) =>
  objects.find(({ kind }) => kind === 'CustomResourceDefinition');
interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  minimum?: number;
  maximum?: number;
  required?: string[];
  'x-kubernetes-validations'?: { rule: string; message: string }[];
}
const schemaOf = (): Schema => definitionOf(ha)!.spec.versions[0].schema.openAPIV3Schema as Schema;

describe('the operator in the chart', () => {
  it('is in ha, twice, and in no other profile (D12)', () => {
    expect(named(ha, 'Deployment', 'm-operator').spec.replicas).toBe(2);
    expect(named(ha, 'PodDisruptionBudget', 'm-operator').spec.maxUnavailable).toBe(1);
    // Alarms on it are rules like any other, and quiet where there is none; its dashboard is empty there.
    const isWatching = (key: string) => /^PrometheusRule\/|^ConfigMap\/m-dashboard-/.test(key);
    const isOperators = (key: string) => /operator|surge/.test(key) && !isWatching(key);
    for (const [name, rendering] of profiles.filter(([name]) => name !== 'ha'))
      expect([name, render(rendering).map(keyOf).filter(isOperators)]).toEqual([name, []]);
  });

  it('is missing to nobody when it is off: all the rest is there, and the autoscaler is the chart’s again (D12)', () => {
    const keys = without.map(keyOf);
    const isOperators = (key: string) => /m-operator$|surgepolicies|alertroutes|organizations/.test(key);
    const rest = ha.map(keyOf).filter((key) => !isOperators(key) && !key.startsWith('Job/'));

    expect(keys.filter(isOperators)).toEqual([]);
    expect(keys).toEqual(expect.arrayContaining(rest));
    expect(keys.filter((key) => !rest.includes(key) && !key.startsWith('Job/'))).toEqual([
      'HorizontalPodAutoscaler/m-gateway',
    ]);
  });

  it('has the autoscaler alone: nobody else makes one, and its bounds are those of the values', () => {
    const policy = surgePolicyOf(ha);
    const autoscaler = named(without, 'HorizontalPodAutoscaler', 'm-gateway').spec;

    expect(ha.filter(({ kind }) => ['HorizontalPodAutoscaler', 'ScaledObject'].includes(kind))).toEqual([]);
    expect(policy).toMatchObject({
      name: 'm-gateway',
      spec: {
        target: autoscaler.scaleTargetRef.name,
        minReplicas: autoscaler.minReplicas,
        maxReplicas: autoscaler.maxReplicas,
        surge: { replicas: 8, minRecipients: 500 },
      },
    });
    const off = render({ ...PROFILES.ha, set: ['operator.surge.enabled=false'] });
    expect(surgePolicyOf(off)).toBeUndefined();
    expect(off.filter(({ kind }) => kind === 'HorizontalPodAutoscaler')).toHaveLength(1);
    const keda = ['gateway.autoscaling.by=keda', 'gateway.autoscaling.prometheusUrl=http://prometheus:9090'];
    expect(surgePolicyOf(render({ ...PROFILES.ha, set: keda }))).toBeUndefined();
  });

  it('may do in one namespace what it does, and reads no secret (C4)', () => {
    const { rules } = named(ha, 'Role', 'm-operator') as unknown as {
      rules: { resources: string[]; verbs: string[]; resourceNames?: string[] }[];
    };
    const may = Object.fromEntries(
      rules.map(({ resources, verbs, resourceNames }) => [
        `${resources.join()}${resourceNames ? ` ${resourceNames.join()}` : ''}`,
        verbs.join(),
      ]),
    );

    expect(may).toEqual({
      leases: 'create',
      'leases m-operator': 'get,update',
      surgepolicies: 'get,list,watch,create,patch',
      'surgepolicies/status': 'update',
      'surgepolicies/finalizers': 'update',
      horizontalpodautoscalers: 'get,create,patch',
      deployments: 'get',
      events: 'create',
    });
    expect(named(ha, 'RoleBinding', 'm-operator')['subjects']).toEqual([
      { kind: 'ServiceAccount', name: 'm-operator', namespace: 'relais' },
    ]);
  });

  it('reaches NATS and the API server, and no database (C3)', () => {
    const network = new Reachability(ha);

    expect(network.reaches('operator', 'nats', 4_222)).toBe(true);
    expect(network.open('operator', 'egress').toSorted((a, b) => a - b)).toEqual([53, 443, 6_443]);
  });

  it('asks for 96 MiB, and takes 84 at rest (A5)', () => {
    const [container] = podOf(named(ha, 'Deployment', 'm-operator'))!.containers;
    const [withIt, withoutIt] = [footprintOf(ha), footprintOf(without)];

    expect(mebibytes(container!.resources!.requests!['memory'])).toBe(96);
    expect(withIt.memoryMiB - withoutIt.memoryMiB).toBe(2 * 96);
  });

  it('refuses a surge that could not be', () => {
    const ha = ['operator.enabled=true', 'gateway.autoscaling.enabled=true'];
    expect(refusalOf(...ha, 'operator.surge.replicas=11')).toContain('larger than gateway.autoscaling.maxReplicas');
    expect(refusalOf(...ha, 'operator.surge.replicas=1')).toContain('smaller than gateway.autoscaling.minReplicas');
    expect(refusalOf('operator.enabled=true', 'standalone.enabled=true')).toContain('take one of them out');
    expect(refusalOf('operator.surge.nothing=1')).toContain('nothing');
  });
});

describe('the definition of SurgePolicy', () => {
  it('is upgraded with the chart, stays when it goes, and may be left to others (E2)', () => {
    expect(definitionOf(ha)?.metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
    expect(definitionOf(render({ ...PROFILES.ha, set: ['operator.crds.enabled=false'] }))).toBeUndefined();
  });

  it('has a status of its own, with what kstatus reads, and columns (B8)', () => {
    const [version] = definitionOf(ha)!.spec.versions;
    const status = schemaOf().properties!['status']!.properties!;

    expect(version.subresources).toEqual({ status: {} });
    expect(Object.keys(status)).toEqual(expect.arrayContaining(['observedGeneration', 'conditions', 'surge', 'term']));
    expect(version.additionalPrinterColumns.map(({ name }: { name: string }) => name)).toEqual([
      ...['Target', 'Usual', 'Minimum', 'Ready', 'Cause', 'Until'],
    ]);
  });

  it('takes what the chart gives to the operator, all of it and within its bounds (E2)', () => {
    const spec = schemaOf().properties!['spec']!;
    const given = surgePolicyOf(ha)!.spec as unknown as Record<string, unknown>;

    expect(problemsOf(given, spec)).toEqual([]);
    expect(problemsOf({ ...given, minReplicas: 0, more: 1 }, spec)).toEqual(['minReplicas: 0', 'more: unknown']);
    expect(problemsOf({}, spec)).toHaveLength(spec.required!.length);
  });

  it('is structural: every object of it knows its fields, so that the API server prunes none that is ours', () => {
    expect(loose(schemaOf())).toEqual(['metadata']);
  });

  it('says in words what no schema can: bounds among each other, and a target for good', () => {
    const rules = schemaOf().properties!['spec']!['x-kubernetes-validations']!;

    expect(rules.map(({ rule }) => rule)).toEqual([
      'self.minReplicas <= self.maxReplicas',
      'self.surge.replicas <= self.maxReplicas',
      'self.surge.replicas >= self.minReplicas',
      'self.target == oldSelf.target',
    ]);
    for (const { message } of rules) expect(message).toMatch(/^(minReplicas|surge\.replicas|target) .+/);
  });
});

/** As much of a schema's checks as these schemas use. */
function problemsOf(value: Record<string, unknown>, { properties = {}, required = [] }: Schema): string[] {
  const missing = required.filter((key) => !(key in value)).map((key) => `${key}: missing`);
  const wrong = Object.entries(value).flatMap(([key, one]) => {
    const schema = properties[key];
    if (!schema) return [`${key}: unknown`];
    if (schema.type === 'object') return problemsOf(one as Record<string, unknown>, schema);
    if (schema.type === 'string') return typeof one === 'string' ? [] : [`${key}: no text`];
    const isWithin = Number.isInteger(one) && Number(one) >= schema.minimum! && Number(one) <= schema.maximum!;
    return isWithin ? [] : [`${key}: ${String(one)}`];
  });
  return [...missing, ...wrong];
}

/** Objects without fields, by their names. */
const loose = ({ properties = {}, items }: Schema): string[] => [
  ...Object.entries(properties).flatMap(([name, schema]) =>
    schema.type === 'object' && !schema.properties ? [name] : loose(schema),
  ),
  ...(items ? loose(items) : []),
];
