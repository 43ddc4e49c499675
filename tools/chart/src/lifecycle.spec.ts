import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiError, type ApiObject, definitionOf, type KubeServer, KubeServers } from '@relais/kube-api';
import { fieldProblems } from './fields.js';
import { CHART } from './helm.js';
import { OTHERS } from './others.js';
import { runHelm } from './run-helm.js';

const KINDS = [
  ...['deployments', 'statefulsets', 'jobs', 'services', 'serviceaccounts', 'configmaps', 'roles', 'rolebindings'],
  ...['networkpolicies', 'poddisruptionbudgets'],
];
/** This helm asks the API five times a second at most, by itself. */
const DEADLINE_MS = 90_000;

const servers = new KubeServers({
  definitions: OTHERS.map(definitionOf),
  admit: (object) => {
    const [problem] = fieldProblems(object as never) ?? [];
    if (problem && object.kind !== 'Secret') throw new ApiError(422, 'Invalid', problem);
  },
});
afterAll(() => servers.close());

describe('a release, from its installation to its end, by a real helm (B9)', () => {
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

  const helm = (...args: string[]) => runHelm([...args, '--namespace', 'relais'], { url, home });
  /** The one in memory describes no kind. */
  const FLAGS = servers.isReal ? [] : ['--disable-openapi-validation'];
  const install = (...more: string[]) => helm('install', 'm', CHART, ...FLAGS, ...more);
  const upgrade = (...more: string[]) => helm('upgrade', 'm', CHART, ...FLAGS, ...more);
  /** Beside what a namespace has from its beginning. */
  const all = async (plural: string): Promise<ApiObject[]> =>
    (await api.all(plural)).filter(({ metadata }) => metadata.namespace === 'relais' && metadata.name !== 'default');
  const namesOf = async (plural: string) => (await all(plural)).map(({ metadata }) => metadata.name);
  const specOf = async (plural: string, name: string) =>
    (await all(plural)).find(({ metadata }) => metadata.name === name)?.['spec'];
  const imageOf = async (name: string): Promise<string> =>
    (await specOf('deployments', name)).template.spec.containers[0].image;
  const serverSpecs = async () => JSON.stringify((await all('statefulsets')).map(({ spec }) => spec));
  const everything = async () =>
    (await Promise.all(KINDS.map(async (plural) => (await namesOf(plural)).map((name) => `${plural}/${name}`)))).flat();

  it(
    'is installed with one command, goes to the next version and back: new jobs, the same servers, the same number of pods (A1, D7)',
    async () => {
      const said = await install();
      const [before, specs] = [await everything(), await serverSpecs()];
      expect(said).toContain('kubectl -n relais port-forward svc/m-gateway 8080:80');
      expect(said).toContain('secret m-first-organization');

      await upgrade('--set', 'gateway.autoscaling.enabled=true');
      await fetch(`${url}/apis/apps/v1/namespaces/relais/deployments/m-gateway/scale`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify({ spec: { replicas: 7 } }),
      });
      await upgrade('--set', 'gateway.autoscaling.enabled=true', '--set', 'image.tag=0.2.0');
      expect((await specOf('deployments', 'm-gateway')).replicas).toBe(7);
      expect(await imageOf('m-auth')).toBe('relais/relais:0.2.0');
      const now = await everything();
      expect(before.filter((name) => !now.includes(name)).every((name) => name.startsWith('jobs/'))).toBe(true);
      expect(await serverSpecs()).toBe(specs);

      await helm('rollback', 'm', '1');
      expect(await imageOf('m-auth')).toBe('relais/relais:0.1.0');
      expect((await everything()).toSorted()).toEqual(before.toSorted());
    },
    DEADLINE_MS,
  );

  it(
    'goes from one pod for each service to one for all, and leaves nothing behind but the secrets that the job has made',
    async () => {
      await install();
      await upgrade('--values', join(CHART, 'profiles/tiny.yaml'));
      expect(await namesOf('deployments')).toEqual(['m-standalone']);
      expect(await namesOf('poddisruptionbudgets')).toEqual([]);

      const made = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'm-auth' }, data: {} };
      await fetch(`${url}/api/v1/namespaces/relais/secrets`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(made),
      });
      await helm('uninstall', 'm');

      expect(await everything()).toEqual([]);
      expect(await namesOf('secrets')).toEqual(['m-auth']);
    },
    DEADLINE_MS,
  );

  it(
    'shares its definition of SurgePolicy with a second release that leaves it to the first, and leaves it there (E2)',
    async () => {
      const ha = ['profiles/ha.yaml', 'ci/ha-values.yaml'].flatMap((file) => ['--values', join(CHART, file)]);
      await install(...ha);
      const second = (...more: string[]) => helm('install', 'n', CHART, ...FLAGS, ...ha, ...more);
      await expect(second()).rejects.toThrow('invalid ownership metadata');
      await second('--set', 'operator.crds.enabled=false');
      expect(await namesOf('deployments')).toEqual(expect.arrayContaining(['m-operator', 'n-operator']));

      await helm('uninstall', 'n');
      await helm('uninstall', 'm');
      const definitions = (await api.all('customresourcedefinitions')).map(({ metadata }) => metadata.name);
      expect(definitions).toContain('surgepolicies.relais.io');
      await install(...ha);
    },
    DEADLINE_MS,
  );
});
