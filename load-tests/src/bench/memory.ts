import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Usage } from '@relais/devstack';
import { parse } from 'yaml';
import type { Row } from './table.js';

const MIB = 1024 ** 2;
/** `shared_buffers` of the chart's PostgreSQL; that of a bench has more, all of which fills up in time. */
const SHARED_BUFFERS = 32;
export const SERVERS = ['postgres', 'nats', 'redis'];

interface Asking {
  requests: { memory: string };
}
const VALUES = join(import.meta.dirname, '..', '..', '..', 'charts', 'relais', 'values.yaml');

/** What each container of the chart asks for, MiB; it may take twice as much. */
function requests(): Readonly<Record<string, number>> {
  const chart = parse(readFileSync(VALUES, 'utf8')) as Record<'postgresql' | 'nats' | 'valkey', Asking> & {
    services: Record<string, Asking>;
  };
  const asking = { ...chart.services, postgres: chart.postgresql, nats: chart.nats, redis: chart.valkey };
  return Object.fromEntries(
    Object.entries(asking).map(
      ([
        name,
        {
          requests: { memory },
        },
      ]) => [name, parseInt(memory)],
    ),
  );
}

/** At rest a container takes nine tenths of what it asks for (A5), and under load no more than it may. */
export const memoryOf = (
  usage: Readonly<Record<string, Usage>>,
  names: readonly string[],
  when: 'idle' | 'loaded',
): Row[] => {
  const asked = requests();
  return names.map((name) => {
    const container = name.replace(/-\d+$/, '');
    const value = mebibytesOf(container, usage[name] as Usage);
    const bound = (asked[container] ?? NaN) * (when === 'idle' ? 0.9 : 2);
    return { what: `${when} memory: ${container}`, value, unit: 'MiB', bound };
  });
};

const mebibytesOf = (container: string, { memoryBytes, sharedBytes, rssBytes }: Usage): number => {
  if (container === 'postgres') return (memoryBytes - sharedBytes) / MIB + SHARED_BUFFERS;
  return (SERVERS.includes(container) ? memoryBytes : rssBytes) / MIB;
};
