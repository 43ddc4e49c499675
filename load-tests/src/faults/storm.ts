import { RelaisConnection, type RelaisSession } from '@relais/sdk';
import { pause } from '../world/random.js';
import type { Counts, FaultContext } from './fault-case.js';
import { PoolWatch } from './pool-watch.js';

/** As many as one device may hold; the people of the workload keep theirs. */
const SOCKETS_PER_PERSON = 4;
const PEOPLE = 100;
const BACK_WITHIN_MS = 60_000;
/** Ends of sockets that were about who somebody is: there is no reason for any, because nobody was put out. */
const ABOUT_TOKENS: ReadonlySet<string> = new Set(['unauthenticated', 'token_expired', 'revoked', 'refresh_failed']);
const idle: RelaisConnection[] = [];

/** Opens many idle sockets, resets all by killing both gateways, empties Redis, and waits until everybody is back. */
export async function resetAllSockets({ world, workload, random }: FaultContext): Promise<Counts> {
  const gateways = await world.cluster.gatewayUrls();
  const inWorkload = workload.clients.length;
  const sessions = (await world.people.atLeast(inWorkload + PEOPLE)).slice(inWorkload);
  for (let index = 0; index < PEOPLE * SOCKETS_PER_PERSON; index++) {
    const turn = index % gateways.length;
    const tokens = sessions[index % PEOPLE] as RelaisSession;
    const order = [...gateways.slice(turn), ...gateways.slice(0, turn)];
    idle.push(new RelaisConnection({ gateways: order, tokens, history: 'none', backoff: { random } }).connect());
  }
  await whenAllOnline();
  const refused = countRefused([...idle, ...workload.clients.map(({ connection }) => connection)]);
  const pools = await PoolWatch.start(world);
  await Promise.all(['gateway-1', 'gateway-2', 'redis'].map((name) => world.cluster.kill(name)));
  await Promise.all(
    ['redis', 'gateway-1', 'gateway-2'].map((name) => world.cluster.startProcess(name).catch(() => undefined)),
  );
  await whenAllOnline();
  await pools.stop();
  console.log(`  busiest pool: ${pools.most} connections at work, at ${pools.looks} looks`);
  return () => ({
    'people taken for somebody who may not come in': refused(),
    'looks at a pool more than 80 % at work': pools.tooFull,
  });
}

/** From now on. */
function countRefused(connections: readonly RelaisConnection[]): () => number {
  let count = 0;
  for (const connection of connections)
    connection.on('state', ({ end }) => (count += end && ABOUT_TOKENS.has(end.code) ? 1 : 0));
  return () => count;
}

/** Sockets that never came back; after it they are closed. */
export async function stormLeft(): Promise<Record<string, number>> {
  const lost = idle.filter(({ state }) => state !== 'online').length;
  await Promise.all(idle.splice(0).map((connection) => connection.close()));
  return { 'sockets that did not come back': lost };
}

async function whenAllOnline(): Promise<void> {
  const startedAt = performance.now();
  while (idle.some(({ state }) => state !== 'online') && performance.now() - startedAt < BACK_WITHIN_MS)
    await pause(100);
}
