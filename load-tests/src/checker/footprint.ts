import { readFileSync } from 'node:fs';
import { pause } from '../world/random.js';
import type { World } from '../world/world.js';

const MIB = 1024 ** 2;
/** A pool lets go of a connection ten seconds after its last use. */
const BACK_WITHIN_MS = 15_000;
const SHARE = 1.1;
/** Of a few connections a tenth is none: pools open another one when two of their own statements meet. */
const SPARE_CONNECTIONS = 8;
/**
 * A replica that was just started has compiled nothing and has an empty heap; under load it takes half as much again and keeps it,
 * because V8 gives back little and late. Below this, which every replica comes to, growing is no leak.
 */
const WARM_MIB = 190;

/** What a cluster holds on to while nobody uses it. */
export interface Footprint {
  sockets: number;
  postgresConnections: number;
  natsConnections: number;
  /** Of each replica, MiB. */
  rss: ReadonlyMap<string, number>;
}

export async function footprintOf({ cluster }: World): Promise<Footprint> {
  const { postgresUrl, natsUrl } = cluster.servers;
  const gateways = cluster.replicas.filter(({ service }) => service === 'gateway');
  const sockets = await Promise.all(gateways.map(async ({ name }) => socketsAt(await cluster.internalUrl(name))));
  return {
    sockets: sockets.reduce((all, count) => all + count, 0),
    postgresConnections: connectionsTo(Number(new URL(postgresUrl).port)),
    natsConnections: connectionsTo(Number(new URL(natsUrl).port)),
    rss: new Map(cluster.replicas.map(({ name }) => [name, cluster.usage(name).rssBytes / MIB])),
  };
}

/** Waits for what goes by itself. @returns what is still beyond its bounds then, in words */
export async function leftBehind(world: World, before: Footprint): Promise<string[]> {
  const deadline = performance.now() + BACK_WITHIN_MS;
  for (;;) {
    const beyond = beyondBounds(before, await footprintOf(world));
    if (beyond.length === 0 || performance.now() > deadline) return beyond;
    await pause(250);
  }
}

/** Sockets and connections to NATS are as many as before; of the others, and of memory, a tenth more is none. */
export function beyondBounds(before: Footprint, after: Footprint): string[] {
  const most = { sockets: before.sockets, natsConnections: before.natsConnections };
  const bounds = { ...most, postgresConnections: before.postgresConnections * SHARE + SPARE_CONNECTIONS };
  const counts = Object.entries(bounds).flatMap(([name, bound]) => {
    const value = after[name as keyof typeof bounds];
    return value > bound ? [`${name} ${value} of ${before[name as keyof typeof bounds]} before`] : [];
  });
  const grown = [...after.rss].flatMap(([name, mib]) => {
    const was = before.rss.get(name) ?? 0;
    return mib > Math.max(was * SHARE, WARM_MIB) ? [`${name} ${mib.toFixed(0)} MiB of ${was.toFixed(0)} before`] : [];
  });
  return [...counts, ...grown];
}

/** Open sockets of people, as the gateway counts them. */
async function socketsAt(internalUrl: string): Promise<number> {
  const text = await (await fetch(`${internalUrl}/metrics`)).text();
  const values = text.matchAll(/^relais_gateway_connections\{[^}]*\} (\d+)$/gm);
  return [...values].reduce((all, [, value]) => all + Number(value), 0);
}

/** TCP connections to a port of this machine, as the kernel has them: `/proc/net/tcp`, state 01. */
function connectionsTo(port: number): number {
  const local = port.toString(16).toUpperCase().padStart(4, '0');
  const established = new RegExp(`^\\s*\\d+: [0-9A-F]+:${local} \\S+ 01 `, 'gm');
  return ['tcp', 'tcp6'].reduce(
    (all, table) => all + [...readFileSync(`/proc/net/${table}`, 'utf8').matchAll(established)].length,
    0,
  );
}
