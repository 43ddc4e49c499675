import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ROUTES, type ServiceName } from '@relais/contracts';
import type { Running } from './system.js';

const REFERENCE = resolve(import.meta.dirname, '../../../docs/reference/metrics.md');
const APPS = resolve(import.meta.dirname, '../../../apps');
/** A histogram of 14 buckets, its sum and count, and a few results. */
const SERIES_AN_OPERATION = 20;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;

/** The names of each section of the reference. */
function documented(): Map<string, string[]> {
  const sections = readFileSync(REFERENCE, 'utf8').split('\n## ').slice(1);
  return new Map(
    sections.map((section) => [
      section.split('\n')[0] as string,
      [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name as string),
    ]),
  );
}

/** The sections that apply to a service: its own, the process, and the libs that it is made of. */
function sectionsOf(service: ServiceName): string[] {
  const { dependencies } = JSON.parse(readFileSync(join(APPS, service, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const libs = Object.keys(dependencies).map((name) => name.replace('@relais/', 'libs/'));
  return [`apps/${service}`, 'Node.js and the process', ...libs];
}

export function metricsContract(running: Running): void {
  const scrape = async (name: string) => {
    const answer = await fetch(`${await running().cluster.internalUrl(name)}/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    return answer.text();
  };
  const replicas = (['gateway', 'auth', 'messaging', 'alerting'] as const).flatMap((service) =>
    [1, 2].map((number) => [`${service}-${number}`, service] as const),
  );

  it.each(replicas)(
    '%s serves what the reference lists for it, and nothing of ours beyond it',
    async (name, service) => {
      const served = new Set(
        [...(await scrape(name)).matchAll(/^# TYPE (\w+) /gm)].map(([, metric]) => metric as string),
      );
      const reference = documented();
      const listed = new Set(sectionsOf(service).flatMap((section) => reference.get(section) ?? []));

      expect([...listed].filter((metric) => !served.has(metric))).toEqual([]);
      expect([...served].filter((metric) => !listed.has(metric))).toEqual([]);
    },
  );

  it.each(replicas)('%s has few series, and no id in any label', async (name) => {
    const series = (await scrape(name)).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

    expect(series.length).toBeLessThan(500 + SERIES_AN_OPERATION * Object.keys(ROUTES).length);
    expect(series.filter((line) => UUID.test(line))).toEqual([]);
  });
}
