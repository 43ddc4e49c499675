import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { objectsIn, refusalOf, render, workspace } from './helm.js';
import { type KubernetesObject, named, podOf } from './kubernetes.js';
import { PROFILES } from './profiles.js';
import { Reachability } from './reachability.js';

const member = (at: number, namespace: string) => [
  `operator.organizations.members[${at}].namespace=${namespace}`,
  `operator.organizations.members[${at}].existingSecret=${namespace}-bot`,
];
const RIVAL = 'operator.organizations.members[1]';
const INVITES = `${RIVAL}.mayInvite=true`;
const PROVIDES = [`${RIVAL}.mayProvide=true`, `${RIVAL}.clientSecrets={entra-client}`];
const ON = ['operator.organizations.enabled=true', ...member(0, 'acme'), ...member(1, 'rival'), INVITES, ...PROVIDES];
const haWith = (...set: string[]) => render({ ...PROFILES.ha, set });
const on = haWith(...ON);
const off = haWith();

interface Env {
  name: string;
  value?: string;
}
const operatorOf = (objects: readonly KubernetesObject[]) => podOf(named(objects, 'Deployment', 'm-operator'))!;
const organizationsOf = (objects: readonly KubernetesObject[]): unknown => {
  const env = operatorOf(objects).containers[0]!.env as Env[];
  return JSON.parse(env.find(({ name }) => name === 'ORGANIZATIONS')?.value ?? 'null');
};
const definition = on.find(({ metadata }) => metadata.name === 'organizations.relais.io')!;
const [version] = definition.spec.versions;
const { properties } = version.schema.openAPIV3Schema;

describe('Organizations in the chart', () => {
  it('are off: the operator is told nothing of them, has no rights for them and reaches no gateway', () => {
    expect(organizationsOf(off)).toBeNull();
    expect(off.filter(({ metadata }) => metadata.name.endsWith('-organizations'))).toEqual([]);
    expect(new Reachability(off).reaches('operator', 'gateway', 8_080)).toBe(false);
  });

  it('are told to the operator, each with its bot, whose key comes as a file of its own', () => {
    const file = (namespace: string) => `/run/relais/organizations/${namespace}/bot.json`;
    const source = (namespace: string) => ({
      secret: { name: `${namespace}-bot`, items: [{ key: 'bot.json', path: `${namespace}/bot.json` }] },
    });

    expect(organizationsOf(on)).toEqual({
      url: 'http://m-gateway.relais.svc',
      members: [
        { namespace: 'acme', botFile: file('acme'), mayInvite: false, mayProvide: false },
        { namespace: 'rival', botFile: file('rival'), mayInvite: true, mayProvide: true },
      ],
    });
    const { volumes, containers } = operatorOf(on);
    expect(volumes).toContainEqual({
      ...{ name: 'organizations', projected: { sources: [source('acme'), source('rival')] } },
    });
    expect(containers[0]!.volumeMounts).toContainEqual({
      ...{ name: 'organizations', mountPath: '/run/relais/organizations', readOnly: true },
    });
  });

  it('need rights in these namespaces and no others; Secrets are written where they invite, and read where they are named (C4)', () => {
    for (const namespace of ['acme', 'rival']) {
      const inside = on.filter(({ metadata }) => metadata['namespace'] === namespace);
      const [role] = inside.filter(({ kind }) => kind === 'Role');
      const [binding] = inside.filter(({ kind }) => kind === 'RoleBinding');
      const rules = role!['rules'] as { resources: string[]; resourceNames?: string[]; verbs: string[] }[];
      const of = ({ resources, resourceNames = [] }: (typeof rules)[number]) => [...resources, ...resourceNames].join();

      expect(inside).toHaveLength(2);
      expect(Object.fromEntries(rules.map((rule) => [of(rule), rule.verbs.join()]))).toEqual({
        ...{ organizations: 'get,list,watch', 'organizations/status': 'update', events: 'create' },
        ...(namespace === 'rival' && { secrets: 'create,patch', 'secrets,entra-client': 'get' }),
      });
      expect(binding!['roleRef']).toMatchObject({ kind: 'Role', name: role!.metadata.name });
      expect(binding!['subjects']).toEqual([{ kind: 'ServiceAccount', name: 'm-operator', namespace: 'relais' }]);
    }
    const rulesOf = (objects: readonly KubernetesObject[]): unknown => named(objects, 'Role', 'm-operator')['rules'];
    expect(rulesOf(on)).toEqual(rulesOf(off));
    expect(on.filter(({ kind }) => kind.startsWith('ClusterRole'))).toEqual([]);
  });

  it('let the operator reach the gateway by its Service, unless another address is named (C3)', () => {
    expect(new Reachability(on).reaches('operator', 'gateway', 8_080)).toBe(true);
    const elsewhere = haWith(...ON, 'operator.organizations.gatewayUrl=https://relais.example');
    expect(organizationsOf(elsewhere)).toMatchObject({ url: 'https://relais.example' });
    expect(new Reachability(elsewhere).reaches('operator', 'gateway', 8_080)).toBe(false);
  });

  it('are refused without an operator, a namespace and its bot, and with two bots for one namespace', () => {
    expect(refusalOf(...ON)).toContain('operator.enabled is not');
    const operated = ['operator.enabled=true', 'operator.organizations.enabled=true'];
    expect(refusalOf(...operated)).toContain('members is empty');
    expect(refusalOf(...operated, member(0, 'acme')[0]!)).toContain('name both');
    expect(refusalOf(...operated, ...member(0, 'acme'), ...member(1, 'acme'))).toContain('twice');
    expect(refusalOf(...operated, ...member(0, 'Acme'))).toContain('namespace');
  });
});

describe('the definition of Organization', () => {
  it('has a status of its own, with what kstatus reads, and columns (B8)', () => {
    expect(definition.metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
    expect(version.subresources).toEqual({ status: {} });
    expect(Object.keys(properties.status.properties)).toEqual([
      ...[
        'observedGeneration',
        'people',
        'administrators',
        'identityProviders',
        'directories',
        'messages',
        'term',
        'conditions',
      ],
    ]);
    expect(version.additionalPrinterColumns.map(({ name }: { name: string }) => name)).toEqual([
      ...['People', 'Max', 'Ready', 'Reason', 'Age'],
    ]);
  });

  it('is what the page about it shows', () => {
    const page = readFileSync(join(workspace, 'docs', 'operations', 'organizations.md'), 'utf8');
    const [shown] = [...page.matchAll(/```yaml\n([^]*?)```/g)].flatMap(([, text]) => objectsIn(text!));
    const fields = Object.keys(properties.spec.properties);

    expect(fields).toEqual(expect.arrayContaining(Object.keys(shown!.spec)));
    for (const field of fields) expect(page).toContain(`| \`${field}\``);
  });
});
