import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { fieldProblems } from './fields.js';
import { objectsIn, render, workspace } from './helm.js';
import { allContainers, type KubernetesObject, podOf } from './kubernetes.js';
import { PROFILES } from './profiles.js';

const K8S = join(workspace, 'k8s');
const read = (path: string): string => readFileSync(join(K8S, path), 'utf8');
const files = readdirSync(K8S, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.yaml'));
const HA = 'profiles/ha.yaml';

/** Every secret that the pods of a rendering ask for. */
const askedFor = (objects: KubernetesObject[]): string[] => {
  const fromEnv = allContainers(objects).flatMap(({ env = [] }) =>
    env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.name ?? []),
  );
  const pods = objects.flatMap((object) => podOf(object) ?? []);
  const fromKeys = pods.flatMap(({ volumes = [] }) =>
    volumes.flatMap(({ name, secret }) => (name.startsWith('kek-') ? [secret!.secretName] : [])),
  );
  return [...new Set([...fromEnv, ...fromKeys])].toSorted();
};

describe('the examples of k8s/', () => {
  it.each(files)('%s is YAML without a key that is there twice, and of fields that Kubernetes knows', (path) => {
    const objects = objectsIn(read(path));
    expect(objects.length).toBeGreaterThan(0);
    for (const object of objects)
      if (object.kind && object.apiVersion) expect(fieldProblems(object as never) ?? []).toEqual([]);
  });

  it('of production give the chart what profiles/ha.yaml still asks for (E1)', () => {
    const objects = render({ files: [HA], values: parse(read('production/relais-values.yaml')) as object });
    expect(objects.filter(({ kind }) => kind === 'StatefulSet')).toEqual([]);
    const [database] = objectsIn(read('production/cloudnative-pg.yaml'));
    expect(JSON.stringify(objects)).toContain(`@${database!.metadata.name}-rw.relais.svc:5432/`);
    expect(askedFor(objects)).toContain(`${database!.metadata.name}-superuser`);
  });

  it('of the metrics adapter serve what the autoscaler of the gateways asks for, of each pod (D6)', () => {
    const { rules } = parse(read('production/prometheus-adapter-values.yaml')) as {
      rules: {
        custom: { seriesQuery: string; resources: { overrides: object }; name: { as: string }; metricsQuery: string }[];
      };
    };
    // Where the operator is, it makes the same autoscaler of the same two metrics.
    const [values, set] = [parse(read('production/relais-values.yaml')) as object, ['operator.enabled=false']];
    const autoscaler = render({ files: [HA], values, set }).find(({ kind }) => kind === 'HorizontalPodAutoscaler')!;
    const asked = (autoscaler.spec.metrics as { type: string; pods?: { metric: { name: string } } }[]).flatMap(
      ({ pods }) => pods?.metric.name ?? [],
    );
    expect(rules.custom.map(({ name }) => name.as)).toEqual(asked);
    const known = readFileSync(join(workspace, 'docs', 'reference', 'metrics.md'), 'utf8');
    for (const { seriesQuery, resources, metricsQuery } of rules.custom) {
      const [, metric = '', labels = ''] = seriesQuery.match(/^(\w+)\{(.*)\}$/)!;
      expect(known).toContain(`| \`${metric}\` | gauge |`);
      expect(labels.match(/\w+(?=!=)/g)).toEqual(Object.keys(resources.overrides));
      expect(metricsQuery).toMatch(/^sum\(.*\) by \(<<\.GroupBy>>\)$/);
    }
  });

  it('of Argo CD and Flux are values that the chart takes, and hold no hook (E1)', () => {
    const [application] = objectsIn(read('argocd/application.yaml'));
    const release = objectsIn(read('flux/release.yaml')).find(({ kind }) => kind === 'HelmRelease');
    for (const values of [application!.spec.source.helm.valuesObject as object, release!.spec.values as object]) {
      const objects = render({ files: [HA], values });
      expect(objects.some(({ kind }) => kind === 'HTTPRoute')).toBe(true);
      expect(JSON.stringify(objects)).not.toContain('helm.sh/hook');
    }
  });

  it('of External Secrets bring each secret that the chart asks for, and none else (C7)', () => {
    const brought = objectsIn(read('external-secrets/secrets.yaml')).map(({ spec }) => spec.target.name as string);
    expect(brought.toSorted()).toEqual(askedFor(render(PROFILES['own secrets'])));
  });
});
