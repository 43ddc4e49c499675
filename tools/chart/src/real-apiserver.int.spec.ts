import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type ApiObject, definitionOf, type KubeServer, KubeServers } from '@relais/kube-api';
import { CHART, render, type Rendering } from './helm.js';
import { type KubernetesObject, labelsOfPod, podOf } from './kubernetes.js';
import { OTHERS } from './others.js';
import { PROFILES, profiles } from './profiles.js';
import { runHelm } from './run-helm.js';
import { surgePolicyOf } from './surge.js';

jest.setTimeout(120_000);

const definition = render(PROFILES.ha).find(({ kind }) => kind === 'CustomResourceDefinition')!;
const servers = new KubeServers({ definitions: [...OTHERS.map(definitionOf), definition] });
const describeReal = servers.isReal ? describe : describe.skip;
const POLICIES = '/apis/relais.io/v1alpha1/namespaces/relais/surgepolicies';
const PODS = '/api/v1/namespaces/relais/pods?dryRun=All';

describeReal('the chart and a real API server, where KUBEBUILDER_ASSETS says where it is', () => {
  let api: KubeServer;
  let url: string;
  let home: string;
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'relais-helm-'));
    api = await servers.open();
    url = await api.start();
  });
  afterEach(async () => {
    await api.close();
    rmSync(home, { recursive: true });
  });
  afterAll(() => servers.close());

  async function ask(method: string, path: string, body: object, type = 'application/json') {
    const init = { method, body: JSON.stringify(body), headers: { 'content-type': type } };
    const response = await fetch(`${url}${path}`, init);
    return { code: response.status, body: (await response.json()) as ApiObject };
  }
  const helm = (...args: string[]) => runHelm([...args, '--namespace', 'relais'], { url, home });
  const flagsOf = ({ files = [], set = [] }: Rendering): string[] => [
    ...files.flatMap((file) => ['--values', join(CHART, file)]),
    ...set.flatMap((one) => ['--set', one]),
  ];
  const restrict = () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    return ask('PATCH', '/api/v1/namespaces/relais', { metadata: { labels } }, 'application/merge-patch+json');
  };

  it.each(profiles)(
    'takes %s and every pod of it, with Pod Security restricted in force (C1)',
    async (_, rendering) => {
      await restrict();
      // The definition is there already, and not helm's.
      const said = await helm('install', 'm', CHART, ...flagsOf(rendering), '--set', 'operator.crds.enabled=false');
      expect(said).toContain('STATUS: deployed');
      expect(said).not.toMatch(/warning/i);
      const withPods = render(rendering).filter((object) => podOf(object));
      expect(withPods.length).toBeGreaterThan(0);
      for (const object of withPods) {
        const metadata = { name: object.metadata.name, labels: labelsOfPod(object) };
        const { code, body } = await ask('POST', PODS, { metadata, spec: withClaims(object) });
        expect([code, object.kind, metadata.name, body['message']]).toEqual([
          201,
          object.kind,
          metadata.name,
          undefined,
        ]);
      }
      await helm('uninstall', 'm');
    },
  );

  it('lets in nothing less than that', async () => {
    await restrict();
    const pod = podOf(render().find((object) => podOf(object))!)!;
    const metadata = { name: 'root' };
    const refused = await ask('POST', PODS, {
      metadata,
      spec: { ...pod, serviceAccountName: 'default', hostNetwork: true },
    });

    expect(refused).toMatchObject({ code: 403 });
    expect(refused.body['message']).toContain('violates PodSecurity "restricted:latest"');
  });

  describe('and the rules of a SurgePolicy (E2)', () => {
    const given = surgePolicyOf(render(PROFILES.ha))!.spec as unknown as Record<string, unknown>;
    const policy = (change: object) => ({
      ...{ apiVersion: 'relais.io/v1alpha1', kind: 'SurgePolicy', metadata: { name: 'a' } },
      spec: { ...given, ...change },
    });
    const surge = (change: object) => ({ surge: { ...(given['surge'] as object), ...change } });

    it('take what the chart gives, and what is just within its bounds', async () => {
      expect(await ask('POST', POLICIES, policy({}))).toMatchObject({ code: 201, body: { spec: given } });
      const same = { minReplicas: 4, maxReplicas: 4, ...surge({ replicas: 4 }) };
      expect(await ask('PATCH', `${POLICIES}/a`, { spec: same }, 'application/merge-patch+json')).toMatchObject({
        code: 200,
      });
    });

    it.each([
      [{ minReplicas: 13 }, 'minReplicas is larger than maxReplicas'],
      [surge({ replicas: 13 }), 'surge.replicas is larger than maxReplicas'],
      [surge({ replicas: 2 }), 'surge.replicas is smaller than minReplicas'],
      [{ minReplicas: 0 }, 'should be greater than or equal to 1'],
      [{ target: '' }, 'spec.target'],
      [{ surge: undefined }, 'spec.surge: Required value'],
      [{ cpuPercent: '70' }, 'must be of type integer'],
    ])('refuse %j', async (change, message) => {
      const { code, body } = await ask('POST', POLICIES, policy(change));

      expect(code).toBe(422);
      expect(body['message']).toContain(message);
    });

    it('keep a policy at its target, and leave out what they do not know', async () => {
      await ask('POST', POLICIES, policy({ more: 1 }));
      const path = `${POLICIES}/a`;
      const moved = await ask('PATCH', path, { spec: { target: 'other' } }, 'application/merge-patch+json');

      expect(moved.code).toBe(422);
      expect(moved.body['message']).toContain('target cannot be changed, make another policy');
      expect((await api.all('surgepolicies'))[0]?.['spec']).toEqual(given);
    });

    it('have a status for itself that knows its causes', async () => {
      const made = (await ask('POST', POLICIES, policy({}))).body;
      const status = (cause: string) => ({ ...made, status: { surge: { cause } } });

      expect((await ask('PUT', `${POLICIES}/a/status`, status('boredom'))).code).toBe(422);
      expect((await ask('PUT', `${POLICIES}/a/status`, status('alarm'))).body['status']).toEqual({
        surge: { cause: 'alarm' },
      });
    });
  });
});

/** The pod as the controller of a StatefulSet makes it: with the volumes that it claims. */
function withClaims(object: KubernetesObject): object {
  const pod = podOf(object)!;
  const claims = ((object.spec.volumeClaimTemplates ?? []) as { metadata: { name: string } }[]).map(
    ({ metadata: { name } }) => ({ name, persistentVolumeClaim: { claimName: `${name}-${object.metadata.name}-0` } }),
  );
  return { ...pod, volumes: [...(pod.volumes ?? []), ...claims] };
}
