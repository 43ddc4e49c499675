import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { Balancer } from '../world/balancer.js';
import type { World } from '../world/world.js';
import { Audience, type Listener, type Turn } from './audience.js';
import type { FaultContext } from './fault-case.js';

const SOCKETS_PER_PERSON = 4;
const DRAIN_MS = 10_000;
/** A gateway of the chart with this drain: its grace period, and what of it the hook before SIGTERM uses up. */
const PRE_STOP_MS = 5_000;
const GRACE_MS = PRE_STOP_MS + 1_000 + DRAIN_MS + 15_000 + 5_000;
const EXIT_WITHIN_MS = 0.7 * GRACE_MS - PRE_STOP_MS;
/** As closings and returns are spread by chance, a second may have twice its share, and a few of a small number more. */
const PACE_FACTOR = 2;
const PACE_SLACK = 20;

const DRAIN = { DRAIN_DELAY_MS: '1000', DRAIN_MS: String(DRAIN_MS) };
export const ROLLED = { env: { ...DRAIN, ROLLOUT: 'before' } };
export const ROLLED_UNKNOWING = { env: DRAIN };

interface Gateway {
  name: string;
  url: string;
}

interface Rolled {
  exitMs: number;
  inGoodOrder: boolean;
  held: number;
}

let audience: Audience | undefined;
let balancer: Balancer | undefined;
let rolls: Rolled[] = [];

/**
 * Rolls all gateways but the last, which stands aside until then, behind a load balancer, as the chart's Deployment does: one of the
 * new rollout is started, and when it is ready, one of the old is told to go.
 */
export const rollGateways =
  (sockets: number) =>
  async ({ world, workload, random }: FaultContext): Promise<void> => {
    const inWorkload = workload.clients.length;
    const people = await world.people.atLeast(inWorkload + sockets / SOCKETS_PER_PERSON);
    const all = await gatewaysOf(world);
    const old = all.slice(0, -1);
    let spare = all.at(-1) as Gateway;
    await world.rest(spare.name);
    balancer = await Balancer.open(random);
    let ready = old;
    balancer.leadTo(ready.map(({ url }) => url));
    audience = await Audience.open(world.people, people.slice(inWorkload), balancer.url, random);
    audience.speak();
    rolls = [];
    for (const goes of old) {
      await world.wake(spare.name, { ROLLOUT: 'after' });
      ready = [...ready, spare].filter((one) => one !== goes);
      balancer.leadTo(ready.map(({ url }) => url));
      rolls.push(await letGo(world, goes, balancer.heldBy(goes.url)));
      spare = goes;
    }
    await audience.whenOnline();
    await audience.fallSilent();
  };

async function gatewaysOf({ cluster }: World): Promise<Gateway[]> {
  const urls = await cluster.gatewayUrls();
  const names = cluster.replicas.filter(({ service }) => service === 'gateway').map(({ name }) => name);
  return names.map((name, at) => ({ name, url: urls[at] as string }));
}

/** SIGTERM, while somebody's request has stuck half way. */
async function letGo(world: World, { name, url }: Gateway, held: number): Promise<Rolled> {
  const stuck = await stickIn(url);
  const endings = endingsOf(world, name);
  const startedAt = performance.now();
  await world.rest(name, GRACE_MS - PRE_STOP_MS);
  const exitMs = performance.now() - startedAt;
  const inGoodOrder = endingsOf(world, name) > endings;
  stuck.destroy();
  return { exitMs, inGoodOrder, held };
}

/** How often it has let go of everything before it ended. */
const endingsOf = ({ cluster }: World, name: string): number =>
  readFileSync(cluster.logFile(name), 'utf8').split('"event":"service.stopped"').length;

/** A request whose body never comes to its end. */
async function stickIn(gateway: string): Promise<Socket> {
  const { hostname, port } = new URL(gateway);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  await once(socket, 'connect');
  socket.write('POST /v1/logins HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
  return socket;
}

/** What of the promise was not kept, by counts; after it the sockets are closed. */
export async function rollingLeft(): Promise<Record<string, number>> {
  const all = audience?.listeners ?? [];
  const losses = all.flatMap((one) => one.losses);
  const left = {
    'sockets sent away more than once': all.filter((one) => one.losses.length > 1).length,
    'sockets cut without a word': losses.filter(({ code }) => code !== 'draining').length,
    'seconds too full of closings': secondsTooFull(losses),
    'seconds too full of returns': secondsTooFull(all.flatMap(({ returns }) => returns.slice(1))),
    'gateways that took more than 70 % of their grace': rolls.filter(({ exitMs }) => exitMs > EXIT_WITHIN_MS).length,
    'gateways that did not end in good order': rolls.filter(({ inGoodOrder }) => !inGoodOrder).length,
    'sockets that did not come back': audience?.away ?? 0,
    'sockets not shown each entry once': audience?.misled ?? 0,
  };
  console.log(`  ${describe(all)}`);
  await audience?.close();
  await balancer?.close();
  audience = balancer = undefined;
  return left;
}

/** Of each gateway's turns: seconds with more than twice what its sockets, spread over the drain, come to. */
function secondsTooFull(turns: readonly Turn[]): number {
  const most = Math.max(...rolls.map(({ held }) => held), 0);
  const allowed = (PACE_FACTOR * most * 1_000) / DRAIN_MS + PACE_SLACK;
  return [...perSecond(turns).values()].filter((inOne) => inOne > allowed).length;
}

function perSecond(turns: readonly Turn[]): Map<number, number> {
  const seconds = new Map<number, number>();
  for (const { atMs } of turns) {
    const second = Math.floor(atMs / 1_000);
    seconds.set(second, (seconds.get(second) ?? 0) + 1);
  }
  return seconds;
}

function describe(all: readonly Listener[]): string {
  const losses = all.flatMap((one) => one.losses);
  const busiest = (turns: readonly Turn[]) => Math.max(0, ...perSecond(turns).values());
  const exits = rolls.map(({ exitMs, held }) => `${held} sockets in ${(exitMs / 1_000).toFixed(1)} s`);
  const returns = all.flatMap((one) => one.returns.slice(1));
  const away = all.flatMap((one) => one.awayMs).toSorted((a, b) => a - b);
  const seconds = (share: number) => ((away[Math.floor(share * (away.length - 1))] ?? 0) / 1_000).toFixed(1);
  return (
    `${all.length} sockets, sent away ${(losses.length / Math.max(1, all.length)).toFixed(2)} times each; gateways gone: ` +
    `${exits.join(', ')} (at most ${EXIT_WITHIN_MS / 1_000} s); busiest second: ${busiest(losses)} closings, ` +
    `${busiest(returns)} returns; back after ${seconds(0.5)} s (p50), ${seconds(0.99)} s (p99)`
  );
}
