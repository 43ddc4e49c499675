import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { objectsIn, refusalOf, render, workspace } from './helm.js';
import { type KubernetesObject, named, podOf } from './kubernetes.js';
import { PROFILES } from './profiles.js';
import { Reachability } from './reachability.js';
import { validationProblem } from './validate.js';

const ON = [
  ...['operator.alertRoutes.enabled=true', 'operator.alertRoutes.existingSecret=operator-bot'],
  'operator.alertRoutes.namespaces={shop,bank}',
];
const PUBLIC = 'gateway.publicUrls={https://chat.example.org}';
const haWith = (...set: string[]) => render({ ...PROFILES.ha, set });
const on = haWith(...ON, PUBLIC);
const off = haWith(PUBLIC);

interface Env {
  name: string;
  value?: string;
}
const envOf = (objects: readonly KubernetesObject[], deployment: string): Record<string, string | undefined> => {
  const [container] = podOf(named(objects, 'Deployment', deployment))!.containers;
  return Object.fromEntries((container!.env as Env[]).map(({ name, value }) => [name, value]));
};
const routesOf = (objects: readonly KubernetesObject[]) =>
  JSON.parse(envOf(objects, 'm-operator')['ALERT_ROUTES'] ?? 'null') as unknown;
const inNamespace = (kind: string, namespace: string) =>
  on.filter((object) => object.kind === kind && object.metadata['namespace'] === namespace);

describe('AlertRoutes in the chart', () => {
  it('are off: the operator is told nothing of them, has no rights for them and reaches no gateway', () => {
    expect(routesOf(off)).toBeNull();
    expect(JSON.stringify(off)).not.toContain('alert-routes');
    expect(new Reachability(off).reaches('operator', 'gateway', 8_080)).toBe(false);
    expect(envOf(off, 'm-gateway')['PUBLIC_URL']).toBe('https://chat.example.org');
  });

  it('are told to the operator with the bot, whose key comes as a file', () => {
    expect(routesOf(on)).toEqual({
      ...{ namespaces: ['shop', 'bank'], botFile: '/run/relais/bot/bot.json' },
      ...{ url: 'http://m-gateway.relais.svc', webhookUrl: 'http://m-gateway.relais.svc' },
    });
    const { volumes, containers } = podOf(named(on, 'Deployment', 'm-operator'))!;
    expect(volumes).toContainEqual({
      ...{ name: 'bot', secret: { secretName: 'operator-bot', items: [{ key: 'bot.json', path: 'bot.json' }] } },
    });
    expect(containers[0]!.volumeMounts).toContainEqual({ name: 'bot', mountPath: '/run/relais/bot', readOnly: true });
  });

  it('need rights in these namespaces and no others: Secrets are written there and never read (C4)', () => {
    for (const namespace of ['shop', 'bank']) {
      const [role, ...more] = inNamespace('Role', namespace);
      const [binding] = inNamespace('RoleBinding', namespace);
      const rules = role!['rules'] as { resources: string[]; verbs: string[] }[];

      expect(more).toEqual([]);
      expect(Object.fromEntries(rules.map(({ resources, verbs }) => [resources.join(), verbs.join()]))).toEqual({
        ...{ alertroutes: 'get,list,watch', 'alertroutes/status': 'update' },
        ...{ secrets: 'create,patch', events: 'create' },
      });
      expect(binding!['roleRef']).toMatchObject({ kind: 'Role', name: role!.metadata.name });
      expect(binding!['subjects']).toEqual([{ kind: 'ServiceAccount', name: 'm-operator', namespace: 'relais' }]);
    }
    const rulesOf = (objects: readonly KubernetesObject[]): unknown => named(objects, 'Role', 'm-operator')['rules'];
    expect(rulesOf(on)).toEqual(rulesOf(off));
    expect(on.filter(({ kind }) => kind.startsWith('ClusterRole'))).toEqual([]);
  });

  it('let the operator reach the gateway by its Service, whose address proofs may name then (C3)', () => {
    expect(new Reachability(on).reaches('operator', 'gateway', 8_080)).toBe(true);
    expect(envOf(on, 'm-gateway')['PUBLIC_URL']).toBe('https://chat.example.org,http://m-gateway.relais.svc');
    const guarded = { networkPolicy: { ingressFrom: [{ namespaceSelector: { matchLabels: { name: 'ingress' } } }] } };
    const closed = render({ ...PROFILES.ha, set: ON, values: guarded });
    expect(new Reachability(closed).reaches('operator', 'gateway', 8_080)).toBe(true);
    // Without a list every name is believed that a request has: one name in it would shut out all others.
    expect(envOf(haWith(...ON), 'm-gateway')['PUBLIC_URL']).toBe('');
  });

  it('may go by another address, which is yours to open', () => {
    const elsewhere = haWith(...ON, PUBLIC, 'operator.alertRoutes.gatewayUrl=https://relais.example');

    expect(routesOf(elsewhere)).toMatchObject({ url: 'https://relais.example', webhookUrl: 'https://relais.example' });
    expect(new Reachability(elsewhere).reaches('operator', 'gateway', 8_080)).toBe(false);
    expect(envOf(elsewhere, 'm-gateway')['PUBLIC_URL']).toBe('https://chat.example.org');
    const webhook = haWith(...ON, 'operator.alertRoutes.webhookUrl=https://relais.example');
    expect(routesOf(webhook)).toMatchObject({
      url: 'http://m-gateway.relais.svc',
      webhookUrl: 'https://relais.example',
    });
  });

  it('are refused without an operator, a namespace or a bot', () => {
    expect(refusalOf(...ON)).toContain('operator.enabled is not');
    const operated = ['operator.enabled=true', 'operator.alertRoutes.enabled=true'];
    expect(refusalOf(...operated, 'operator.alertRoutes.existingSecret=b')).toContain('namespaces is empty');
    expect(refusalOf(...operated, 'operator.alertRoutes.namespaces={a}')).toContain('existingSecret is empty');
    expect(refusalOf(...operated, 'operator.alertRoutes.namespaces={A}')).toContain('namespaces');
  });
});

describe('the definition of AlertRoute', () => {
  const definition = on.find(({ metadata }) => metadata.name === 'alertroutes.relais.io')!;
  const [version] = definition.spec.versions;
  const { properties } = version.schema.openAPIV3Schema;

  it('is upgraded with the chart, stays when it goes, and may be left to others (E2)', () => {
    expect(definition.metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
    const without = haWith('operator.crds.enabled=false');
    expect(without.filter(({ kind }) => kind === 'CustomResourceDefinition')).toEqual([]);
  });

  it('has a status of its own, with what kstatus reads, and columns (B8)', () => {
    expect(version.subresources).toEqual({ status: {} });
    expect(Object.keys(properties.status.properties)).toEqual([
      ...['observedGeneration', 'sourceId', 'secret', 'term', 'conditions'],
    ]);
    expect(version.additionalPrinterColumns.map(({ name }: { name: string }) => name)).toEqual([
      ...['Policy', 'Ready', 'Reason', 'Secret', 'Age'],
    ]);
  });

  it('says in words what no schema can', () => {
    const rules = properties.spec['x-kubernetes-validations'] as { message: string }[];

    expect(rules.map(({ message }) => message)).toEqual([
      'secretName cannot be changed, make another AlertRoute',
      'secretRevision only goes up',
      'severities has a name that is empty or longer than 64 characters',
    ]);
  });
});

describe('the page about AlertRoutes', () => {
  const page = readFileSync(join(workspace, 'docs', 'operations', 'alert-routes.md'), 'utf8');
  const [route, config] = [...page.matchAll(/```yaml\n([^]*?)```/g)].flatMap(([, text]) => objectsIn(text!));

  it('shows a route with fields that there are, and the Secret that it makes to Alertmanager', async () => {
    const { properties } = on.find(({ metadata }) => metadata.name === 'alertroutes.relais.io')!.spec.versions[0].schema
      .openAPIV3Schema;
    const [webhook] = config!.spec.receivers[0].webhookConfigs;

    expect(Object.keys(properties.spec.properties)).toEqual(expect.arrayContaining(Object.keys(route!.spec)));
    for (const field of Object.keys(properties.spec.properties)) expect(page).toContain(`| \`${field}\``);
    expect(await validationProblem(config!)).toBeNull();
    expect(webhook.urlSecret).toEqual({ name: `${route!.metadata.name}-relais`, key: 'url' });
    expect(webhook.httpConfig.authorization.credentials).toEqual({ ...webhook.urlSecret, key: 'token' });
  });
});
