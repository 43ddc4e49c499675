import { render } from './helm.js';
import { type KubernetesObject, podOf } from './kubernetes.js';
import { PROFILES } from './profiles.js';

const ENDPOINT = 'http://otel-collector.monitoring:4318';
const to = { podSelector: { matchLabels: { app: 'otel-collector' } } };
const values = { tracing: { endpoint: ENDPOINT, share: 0.05, egress: [{ to: [to] }] } };

const environments = (objects: readonly KubernetesObject[]) =>
  objects
    .filter(({ kind }) => kind === 'Deployment')
    .map(
      (object) =>
        new Map(
          podOf(object)!
            .containers.flatMap(({ env = [] }) => env)
            .map((one) => [one.name, one.value]),
        ),
    );

describe.each(['tiny', 'small'] as const)('traces of %s', (profile) => {
  it('go where the values say, from every process of ours, as often as they say', () => {
    const all = environments(render({ ...PROFILES[profile], values }));

    expect(all).toHaveLength(profile === 'tiny' ? 1 : 4);
    for (const env of all) {
      expect(env.get('OTEL_EXPORTER_OTLP_ENDPOINT')).toBe(ENDPOINT);
      expect(env.get('OTEL_TRACES_SAMPLER_ARG')).toBe('0.05');
    }
  });

  it('may leave the pods that send them, and no others', () => {
    const policies = render({ ...PROFILES[profile], values }).filter(({ kind }) => kind === 'NetworkPolicy');
    const open = policies
      .filter(({ spec }) => JSON.stringify(spec.egress ?? []).includes(JSON.stringify(to)))
      .map(({ metadata }) => metadata.name.replace(/^m-/, ''));

    const services = ['alerting', 'auth', 'gateway', 'messaging'];
    expect(open.toSorted()).toEqual(profile === 'tiny' ? ['standalone'] : services);
  });

  it('are not there unless they are wanted', () => {
    for (const env of environments(render(PROFILES[profile])))
      expect([...env.keys()].filter((name) => name.startsWith('OTEL_'))).toEqual([]);
  });
});
