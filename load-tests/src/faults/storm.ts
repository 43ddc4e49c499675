import { RelaisConnection, type RelaisSession } from '@relais/sdk';
import { pause } from '../world/random.js';
import type { FaultContext } from './fault-case.js';

/** As many as one device may hold; the people of the workload keep theirs. */
const SOCKETS_PER_PERSON = 4;
const PEOPLE = 100;
const BACK_WITHIN_MS = 60_000;
const idle: RelaisConnection[] = [];

/** Opens many idle sockets, resets all by killing both gateways, empties Redis, and waits until everybody is back. */
export async function resetAllSockets({ world, workload, random }: FaultContext): Promise<void> {
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
  await Promise.all(['gateway-1', 'gateway-2', 'redis'].map((name) => world.cluster.kill(name)));
  await Promise.all(
    ['redis', 'gateway-1', 'gateway-2'].map((name) => world.cluster.startProcess(name).catch(() => undefined)),
  );
  await whenAllOnline();
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
