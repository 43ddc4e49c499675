import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiError, KubeApi } from '@relais/kube-api';
import { fieldProblems } from './fields.js';
import { CHART } from './helm.js';
import { OTHERS } from './others.js';
import { runHelm } from './run-helm.js';

/** This helm asks the API five times a second at most, by itself. */
const DEADLINE_MS = 90_000;

describe('a release, from its installation to its end, by a real helm (B9)', () => {
  let api: KubeApi;
  let url: string;
  let home: string;
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'relais-helm-'));
    api = new KubeApi(OTHERS, (object) => {
      const [problem] = fieldProblems(object as never) ?? [];
      if (problem && object.kind !== 'Secret') throw new ApiError(422, 'Invalid', problem);
    });
    url = await api.start();
  });
  afterEach(async () => {
    await api.close();
    rmSync(home, { recursive: true });
  });

  const helm = (...args: string[]) => runHelm([...args, '--namespace', 'relais'], { url, home });
  const FLAGS = ['--disable-openapi-validation'];
  const install = (...more: string[]) => helm('install', 'm', CHART, ...FLAGS, ...more);
  const upgrade = (...more: string[]) => helm('upgrade', 'm', CHART, ...FLAGS, ...more);
  const specOf = (plural: string, name: string) =>
    api.all(plural).find(({ metadata }) => metadata.name === name)?.['spec'];
  const imageOf = (name: string): string => specOf('deployments', name).template.spec.containers[0].image;
  const serverSpecs = () => JSON.stringify(api.all('statefulsets').map(({ spec }) => spec));
  const everything = () =>
    [
      'deployments',
      'statefulsets',
      'jobs',
      'services',
      'serviceaccounts',
      'configmaps',
      'roles',
      'rolebindings',
      'networkpolicies',
      'poddisruptionbudgets',
    ]
      .flatMap((plural) => api.all(plural))
      .map(({ kind, metadata }) => `${kind}/${metadata.name}`);

  it(
    'is installed with one command, goes to the next version and back: new jobs, the same servers, the same number of pods (A1, D7)',
    async () => {
      const said = await install();
      const [before, servers] = [everything(), serverSpecs()];
      expect(said).toContain('kubectl -n relais port-forward svc/m-gateway 8080:80');
      expect(said).toContain('secret m-first-organization');

      await upgrade('--set', 'gateway.autoscaling.enabled=true');
      await fetch(`${url}/apis/apps/v1/namespaces/relais/deployments/m-gateway/scale`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify({ spec: { replicas: 7 } }),
      });
      await upgrade('--set', 'gateway.autoscaling.enabled=true', '--set', 'image.tag=0.2.0');
      expect(specOf('deployments', 'm-gateway').replicas).toBe(7);
      expect(imageOf('m-auth')).toBe('relais/relais:0.2.0');
      expect(before.filter((name) => !everything().includes(name)).every((name) => name.startsWith('Job/'))).toBe(true);
      expect(serverSpecs()).toBe(servers);

      await helm('rollback', 'm', '1');
      expect(imageOf('m-auth')).toBe('relais/relais:0.1.0');
      expect(everything().toSorted()).toEqual(before.toSorted());
    },
    DEADLINE_MS,
  );

  it(
    'goes from one pod for each service to one for all, and leaves nothing behind but the secrets that the job has made',
    async () => {
      await install();
      await upgrade('--values', join(CHART, 'profiles/tiny.yaml'));
      expect(api.all('deployments').map(({ metadata }) => metadata.name)).toEqual(['m-standalone']);
      expect(api.all('poddisruptionbudgets')).toEqual([]);

      const made = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'm-auth' }, data: {} };
      await fetch(`${url}/api/v1/namespaces/relais/secrets`, { method: 'POST', body: JSON.stringify(made) });
      await helm('uninstall', 'm');

      expect(everything()).toEqual([]);
      expect(api.all('secrets').map(({ metadata }) => metadata.name)).toEqual(['m-auth']);
    },
    DEADLINE_MS,
  );
});
