import type { Usage } from '@relais/devstack';
import type { Row } from './table.js';

const MIB = 1024 ** 2;
/** `shared_buffers` of the chart's PostgreSQL; that of a bench has more, all of which fills up in time. */
const SHARED_BUFFERS = 32;
/** What a container of the chart asks for, MiB; it may take twice as much. */
const REQUESTS: Readonly<Record<string, number>> = {
  ...{ postgres: 128, nats: 48, redis: 24 },
  ...{ gateway: 160, auth: 144, messaging: 144, alerting: 144 },
};
export const SERVERS = ['postgres', 'nats', 'redis'];

/** At rest a container takes nine tenths of what it asks for (A5), and under load no more than it may. */
export const memoryOf = (
  usage: Readonly<Record<string, Usage>>,
  names: readonly string[],
  when: 'idle' | 'loaded',
): Row[] =>
  names.map((name) => {
    const container = name.replace(/-\d+$/, '');
    const value = mebibytesOf(container, usage[name] as Usage);
    const bound = (REQUESTS[container] ?? NaN) * (when === 'idle' ? 0.9 : 2);
    return { what: `${when} memory: ${container}`, value, unit: 'MiB', bound };
  });

const mebibytesOf = (container: string, { memoryBytes, sharedBytes, rssBytes }: Usage): number => {
  if (container === 'postgres') return (memoryBytes - sharedBytes) / MIB + SHARED_BUFFERS;
  return (SERVERS.includes(container) ? memoryBytes : rssBytes) / MIB;
};
