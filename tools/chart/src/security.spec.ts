import { podFindings } from './audit.js';
import { render, template } from './helm.js';
import { imagesOf } from './images.js';
import { allContainers, type KubernetesObject, named, podOf } from './kubernetes.js';
import { PROFILES, profiles } from './profiles.js';
import { Reachability } from './reachability.js';

const policyRules = (objects: KubernetesObject[]) =>
  objects
    .filter(({ kind }) => kind === 'Role')
    .flatMap(({ rules }) => rules as { verbs: string[]; resources: string[]; resourceNames?: string[] }[]);

describe.each(profiles)('the chart as %s', (name, rendering) => {
  const objects = render(rendering);

  it('passes Pod Security restricted in every container, of jobs and tests, too (C1, C2)', () => {
    expect(objects.flatMap((object) => podFindings(object, { openshift: name === 'openshift' }))).toEqual([]);
  });

  it('has no cluster-wide rights, no wildcards, and no way to list or change secrets (C4)', () => {
    expect(objects.filter(({ kind }) => kind.startsWith('ClusterRole'))).toEqual([]);
    for (const { verbs, resources, resourceNames } of policyRules(objects)) {
      expect([...verbs, ...resources]).not.toContain('*');
      if (!resources.includes('secrets')) continue;
      expect(['create', 'get']).toEqual(expect.arrayContaining(verbs));
      expect(verbs.includes('get') ? (resourceNames ?? []).length > 0 : true).toBe(true);
    }
  });

  it('shows no secret: each comes from a secret object (C5)', () => {
    for (const { env = [] } of allContainers(objects))
      for (const { name: variable, value, valueFrom } of env) {
        if (!/(PASSWORD|SEED|TOKEN)$/.test(variable)) continue;
        expect([variable, value, valueFrom?.secretKeyRef !== undefined]).toEqual([variable, undefined, true]);
      }
    expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
  });

  it('has a policy for every pod, and no rule for nobody (C3)', () => {
    const network = new Reachability(objects);
    expect(network.idle()).toEqual([]);
    for (const component of network.components)
      expect([component, network.open(component, 'egress').includes(0)]).toEqual([component, false]);
  });
});

describe('the network of small', () => {
  const network = new Reachability(render(PROFILES.small));
  const [nats, postgresql, valkey] = [4222, 5432, 6379];
  const databases = ['alerting', 'auth', 'messaging'];
  /** The picture of docs/architecture.md. */
  const ways: [string, string, number][] = [
    ['gateway', 'nats', nats],
    ['gateway', 'valkey', valkey],
    ...databases.flatMap((service): [string, string, number][] => [
      [service, 'nats', nats],
      [service, 'postgresql', postgresql],
      [`${service}-migrate`, 'postgresql', postgresql],
    ]),
  ];

  it('lets through what the picture shows, and nothing else (C3)', () => {
    const ports = [nats, postgresql, valkey, 6222, 8222];
    const found = network.components.flatMap((from) =>
      network.components.flatMap((to) =>
        ports.filter((port) => network.reaches(from, to, port)).map((port) => `${from} → ${to}:${port}`),
      ),
    );
    expect(found.toSorted()).toEqual(ways.map(([from, to, port]) => `${from} → ${to}:${port}`).toSorted());
  });

  it('opens the gateway and the metrics, and no server, to the rest of the cluster (C3)', () => {
    expect(network.open('gateway', 'ingress')).toEqual([8080, 9090]);
    for (const service of databases) expect(network.open(service, 'ingress')).toEqual([9090]);
    for (const part of ['nats', 'postgresql', 'valkey', 'bootstrap', 'auth-migrate'])
      expect([part, network.open(part, 'ingress')]).toEqual([part, []]);
  });

  it('lets pods ask DNS, and only the job that makes secrets the API server (C3)', () => {
    const dns = [53];
    expect(network.open('bootstrap', 'egress')).toEqual([53, 443, 6443]);
    for (const component of ['gateway', ...databases, 'auth-migrate'])
      expect([component, network.open(component, 'egress')]).toEqual([component, dns]);
    for (const server of ['nats', 'postgresql', 'valkey']) expect(network.open(server, 'egress')).toEqual([]);
  });

  it('lets the servers of a NATS cluster reach each other, and nobody else (C3)', () => {
    const cluster = new Reachability(render(PROFILES.ha));
    expect(cluster.components.filter((from) => cluster.reaches(from, 'nats', 6222))).toEqual(['nats']);
  });
});

describe('secrets', () => {
  it('that are all given are not generated: there is no bootstrap at all (C7)', () => {
    const objects = render(PROFILES['own secrets']);
    expect(objects.filter(({ metadata }) => metadata.name.includes('bootstrap'))).toEqual([]);
    expect(policyRules(objects)).toEqual([]);
  });

  it('are planned exactly as the pods ask for them (C6)', () => {
    for (const rendering of [
      PROFILES.small,
      PROFILES.tiny,
      PROFILES['tiny with certificates'],
      { set: ['nats.replicas=3'] },
    ]) {
      const objects = render(rendering);
      const bootstrap = podOf(
        objects.find(({ kind, metadata }) => kind === 'Job' && metadata.name.startsWith('m-bootstrap'))!,
      );
      const plan = JSON.parse(bootstrap!.containers[0]!.env!.find(({ name }) => name === 'SECRETS_PLAN')!.value!) as {
        name: string;
        keys: object;
      }[];
      const planned = plan.flatMap(({ name, keys }) => Object.keys(keys).map((key) => `${name}/${key}`));
      const pods = objects.flatMap((object) => podOf(object) ?? []);
      const asked = [
        ...allContainers(objects).flatMap(({ env = [] }) =>
          env.flatMap(({ valueFrom }) =>
            valueFrom?.secretKeyRef ? [`${valueFrom.secretKeyRef.name}/${valueFrom.secretKeyRef.key}`] : [],
          ),
        ),
        ...pods.flatMap(({ volumes = [] }) =>
          volumes.flatMap(({ name, secret }) => (name.startsWith('kek-') ? [`${secret!.secretName}/kek.json`] : [])),
        ),
      ];
      expect([...new Set(asked)].toSorted()).toEqual(planned.toSorted());
      const { rules } = named(objects, 'Role', 'm-bootstrap') as unknown as { rules: { resourceNames?: string[] }[] };
      expect(rules.flatMap(({ resourceNames = [] }) => resourceNames).toSorted()).toEqual(
        plan.map(({ name }) => name).toSorted(),
      );
    }
  });

  it('in values are refused, or rendered as secrets where they are meant, and nowhere else (C5)', () => {
    const keys = { 1: 'c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3I=' };
    const kek = { active: 1, keys, index: 'b3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIgb3Q=' };
    const url = 'postgresql://a:canary-7f3a@db/x';
    const auth = {
      ...{ DATABASE_URL: url, KEYSTORE_URL: url, DATABASE_OWNER_URL: url, KEYSTORE_OWNER_URL: url },
      ...{ NATS_NKEY_SEED: 'SUcanary-7f3a', NATS_NKEY: 'UA', 'kek.json': JSON.stringify(kek) },
    };
    const rendering = { values: { secrets: { allowInline: true, inline: { auth } } } };
    const objects = render(rendering);
    const showing = objects.filter((object) => JSON.stringify(object).includes('canary-7f3a'));
    expect(showing.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
      'Secret/m-auth',
      'Secret/m-auth-owner',
    ]);
    expect(template(rendering).match(/canary-7f3a/g)).toHaveLength(5);
  });
});

describe('images', () => {
  it('are four, of which none is a helper and none is "latest" (C10)', () => {
    const images = profiles.flatMap(([, rendering]) => imagesOf(render(rendering)));
    expect([...new Set(images)].map((image) => image.split(':')[0]).toSorted()).toEqual([
      'nats',
      'postgres',
      'relais/relais',
      'valkey/valkey',
    ]);
    expect(images.filter((image) => !/:[\w.-]+$/.test(image) || image.endsWith(':latest'))).toEqual([]);
  });

  it('are taken by digest before a tag (C9)', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const paths = ['image', 'nats.image', 'postgresql.image', 'valkey.image'];
    const images = imagesOf(render({ set: paths.map((path) => `${path}.digest=${digest}`) }));
    expect(images).toHaveLength(4);
    for (const image of images) expect(image).toMatch(/^[a-z/]+@sha256:a{64}$/);
  });

  it('get their user from the namespace on OpenShift (C11)', () => {
    for (const pod of render(PROFILES.openshift).flatMap((object) => podOf(object) ?? [])) {
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true });
      expect(pod.securityContext?.runAsUser).toBeUndefined();
      expect(pod.securityContext?.fsGroup).toBeUndefined();
    }
  });
});

describe('certificates of NATS', () => {
  it('are of cert-manager, with the names under which clients and peers call the servers (C8)', () => {
    const { spec } = named(render(PROFILES.routed), 'Certificate', 'm-nats');
    expect(spec.dnsNames).toEqual(['m-nats', 'm-nats.relais.svc', '*.m-nats-peers', '*.m-nats-peers.relais.svc']);
    expect(spec.secretName).toBe('m-nats-tls');
  });

  it('are verified by every service, and by the servers among themselves (C8)', () => {
    const objects = render(PROFILES.routed);
    for (const name of ['gateway', 'auth', 'messaging', 'alerting']) {
      const [container] = podOf(named(objects, 'Deployment', `m-${name}`))!.containers;
      const env = new Map(container!.env!.map((one) => [one.name, one.value]));
      expect(env.get('NATS_URL')).toBe('tls://m-nats:4222');
      expect(container!.volumeMounts!.map(({ mountPath }) => `${mountPath}/ca.crt`)).toContain(env.get('NATS_CA_FILE'));
    }
    const { data } = named(objects, 'ConfigMap', 'm-nats') as unknown as { data: Record<string, string> };
    expect(data['nats.conf']!.match(/ca_file/g)).toHaveLength(2);
  });
});
