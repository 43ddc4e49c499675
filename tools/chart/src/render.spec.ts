import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fieldProblems } from './fields.js';
import { footprintOf } from './footprint.js';
import { CHART, helm, lint, render, template } from './helm.js';
import { allContainers, containersOf, isWorkload, mebibytes, podOf } from './kubernetes.js';
import { PROFILES, profiles } from './profiles.js';
import { validationProblem } from './validate.js';

const templates = readdirSync(join(CHART, 'templates'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  .join('\n');

describe.each(profiles)('the chart as %s', (_, rendering) => {
  const objects = render(rendering);

  it('is accepted by helm lint --strict (B11)', () => {
    expect(lint(rendering)).toMatchObject({ ok: true });
  });

  it('is the same each time, for an upgrade, too (B3, E1)', () => {
    const first = template(rendering);
    expect(template(rendering)).toBe(first);
    expect(template(rendering, ['--is-upgrade'])).toBe(first);
  });

  it('has no hooks but the pod of helm test (B2)', () => {
    const hooks = objects.flatMap(({ metadata }) => metadata.annotations?.['helm.sh/hook'] ?? []);
    expect(hooks.filter((hook) => hook !== 'test')).toEqual([]);
  });

  it('holds no field that Kubernetes does not know, none of a wrong type and none that is null (B5)', () => {
    expect(objects.flatMap((object) => fieldProblems(object as never) ?? [])).toEqual([]);
  });

  it('is valid by the schemas of Kubernetes and of the operators it writes for (E3)', async () => {
    const problems = await Promise.all(objects.map((object) => validationProblem(object)));
    expect(problems.filter((problem) => problem !== null)).toEqual([]);
  });

  it('gives no name twice within a list, nor an object twice (B5)', () => {
    for (const { name, env = [], ports = [], volumeMounts = [] } of allContainers(objects)) {
      const keys = [env.map((one) => one.name), ports.map((one) => one.name), volumeMounts.map((one) => one.mountPath)];
      for (const list of keys) expect([name, list]).toEqual([name, [...new Set(list)]]);
    }
    const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(names).toEqual([...new Set(names)]);
  });

  it('mounts only volumes that the pod has (B5)', () => {
    for (const pod of objects.flatMap((object) => podOf(object) ?? [])) {
      const mounted = containersOf(pod).flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name));
      const claimed = ['data'];
      const there = [...(pod.volumes ?? []).map(({ name }) => name), ...claimed];
      expect(mounted.filter((name) => !there.includes(name))).toEqual([]);
    }
  });

  it('uses a variable in another one only after it (B5)', () => {
    for (const { name, env = [] } of allContainers(objects))
      env.forEach(({ value = '' }, index) => {
        for (const [, used] of value.matchAll(/\$\(([A-Z_]+)\)/g))
          expect([name, env.slice(0, index).map((one) => one.name)]).toEqual([name, expect.arrayContaining([used])]);
      });
  });

  it('limits memory to twice what it asks for, and CPU not at all (A6)', () => {
    for (const { resources } of allContainers(objects)) {
      expect(mebibytes(resources?.limits?.['memory'])).toBe(2 * mebibytes(resources?.requests?.['memory']));
      expect(resources?.limits?.['cpu']).toBeUndefined();
    }
  });

  it('gives auth and the operator a small young generation, and everything else one for what is at work (A5)', () => {
    for (const { name, env = [] } of allContainers(objects)) {
      const options = env.find((one) => one.name === 'NODE_OPTIONS')?.value;
      const young = ['auth', 'operator'].includes(name) ? 1 : 8;
      if (options) expect([name, options]).toEqual([name, expect.stringMatching(`--max-semi-space-size=${young}$`)]);
    }
  });

  it('keeps the heap of Node below seven tenths of the limit (A5)', () => {
    for (const { env = [], resources } of allContainers(objects)) {
      const options = env.find(({ name }) => name === 'NODE_OPTIONS')?.value;
      if (!options) continue;
      const [, heap] = /--max-old-space-size=(\d+)/.exec(options) ?? [];
      expect(Number(heap)).toBeLessThanOrEqual(0.7 * mebibytes(resources?.limits?.['memory']));
    }
  });
});

describe('the chart', () => {
  it('renders for an evaluation without a single value (A1)', () => {
    expect(render(PROFILES.small).filter(isWorkload)).toHaveLength(7);
  });

  it('asks for little as small, as tiny and as ha (A2, A3, A4, A9)', () => {
    const [small, tiny, ha] = [PROFILES.small, PROFILES.tiny, PROFILES.ha].map((one) => footprintOf(render(one)));
    expect(small!.cpuMillicores).toBeLessThanOrEqual(350);
    expect(small!.memoryMiB).toBeLessThanOrEqual(1_024);
    expect(small!.memoryLimitMiB).toBeLessThanOrEqual(2_048);
    expect(small!.pods).toBeLessThanOrEqual(12);
    expect(tiny!.cpuMillicores).toBeLessThanOrEqual(200);
    expect(tiny!.memoryMiB).toBeLessThanOrEqual(400);
    expect(ha!.cpuMillicores).toBeLessThanOrEqual(1_500);
    expect(ha!.memoryMiB).toBeLessThanOrEqual(3 * 1_024);
  });

  it('uses nothing newer than Helm 3.10, asks nothing of the cluster and rolls no dice (B1, B4)', () => {
    const forbidden =
      /\b(lookup|rand[A-Z]\w+|gen(CA|SelfSigned|Signed|PrivateKey)\w*|uuidv4|now|derivePassword|toYamlPretty|mustToYaml)\b|Capabilities\.APIVersions/;
    expect(templates).not.toMatch(forbidden);
  });

  it('keeps its names short enough under the longest name of a release (B7)', () => {
    const objects = render({ ...PROFILES.routed, release: `r${'x'.repeat(52)}` });
    for (const { metadata } of objects) expect(metadata.name.length).toBeLessThanOrEqual(63);
    for (const { metadata } of objects.filter(({ kind }) => kind === 'StatefulSet'))
      expect(metadata.name.length).toBeLessThanOrEqual(52);
    expect(new Set(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).size).toBe(objects.length);
  });

  it('lets two releases live in one namespace (B7)', () => {
    const names = ['one', 'two'].map((release) =>
      render({ release }).map(({ kind, metadata }) => `${kind}/${metadata.name}`),
    );
    expect(names[0]!.filter((name) => names[1]!.includes(name))).toEqual([]);
  });

  it.each(['true', '7', '1e3', 'null'])('is %s as a text where a release is called so (B7)', (release) => {
    for (const { metadata, spec } of render({ ...PROFILES.routed, release })) {
      const labels = { ...metadata.labels, ...spec?.selector?.matchLabels, ...spec?.podSelector?.matchLabels };
      for (const value of [metadata.name, ...Object.values(labels)]) expect(typeof value).toBe('string');
    }
  });

  it('takes what a chart around it says to all (B7, C10)', () => {
    const objects = render({ set: ['global.imageRegistry=r.local', 'global.of.others=1'] });
    expect(allContainers(objects).every(({ image }) => image.startsWith('r.local/'))).toBe(true);
  });

  it('changes nothing of a version that Kubernetes does not let change (B10)', () => {
    const [now, next] = [render(), render({ set: ['image.tag=0.2.0'] })];
    const fixedOf = (objects: ReturnType<typeof render>) =>
      objects.filter(isWorkload).map(({ metadata, spec }) => ({
        name: metadata.name,
        selector: spec.selector,
        serviceName: spec.serviceName,
        claims: spec.volumeClaimTemplates,
        management: spec.podManagementPolicy,
      }));
    expect(fixedOf(next)).toEqual(fixedOf(now));
    const jobsOf = (objects: ReturnType<typeof render>) =>
      new Map(objects.filter(({ kind }) => kind === 'Job').map(({ metadata, spec }) => [metadata.name, spec]));
    for (const [name, spec] of jobsOf(next)) expect(jobsOf(now).get(name) ?? spec).toEqual(spec);
    expect([...jobsOf(next).keys()].filter((name) => jobsOf(now).has(name))).toEqual([]);
  });

  it('restarts no server of its own for a new version of Relais (B10)', () => {
    const [now, next] = [render(), render({ set: ['image.tag=0.2.0'] })];
    const sets = (objects: ReturnType<typeof render>) => objects.filter(({ kind }) => kind === 'StatefulSet');
    expect(sets(next).map(({ spec }) => spec)).toEqual(sets(now).map(({ spec }) => spec));
  });

  it('is a package of less than 300 KiB without its tests (A9)', () => {
    const { said } = helm(['show', 'chart', CHART]);
    expect(said).toContain('name: relais');
    const size = readdirSync(CHART, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('/tests'))
      .reduce((sum, entry) => sum + readFileSync(join(entry.parentPath, entry.name)).length, 0);
    expect(size).toBeLessThan(300 * 1_024);
  });
});
