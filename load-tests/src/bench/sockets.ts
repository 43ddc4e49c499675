import { pause } from '../world/random.js';
import type { World } from '../world/world.js';
import { RelaisSocket } from './relais-socket.js';

const AT_ONCE = 25;

/** Memory of a gateway before and after it holds idle, authenticated sockets, per socket. */
export async function measureSockets(world: World, count: number): Promise<{ kibPerSocket: number; sockets: number }> {
  const [gateway] = await world.cluster.gatewayUrls();
  const name = 'gateway-1';
  const sessions = world.people.sessions;
  const sockets: RelaisSocket[] = [];
  const open = async (upTo: number) => {
    while (sockets.length < upTo) {
      const batch = Array.from({ length: Math.min(AT_ONCE, upTo - sockets.length) }, (_, index) => sessions[(sockets.length + index) % sessions.length]);
      sockets.push(...(await Promise.all(batch.map((session) => RelaisSocket.open(gateway as string, session as (typeof sessions)[number])))));
    }
    await pause(3_000);
    return world.cluster.usage(name).rssBytes;
  };
  // The first few hundred grow the heap once; what counts is the slope after them.
  const start = Math.floor(count / 5);
  const before = await open(start);
  const after = await open(count);
  for (const socket of sockets) socket.close();
  await pause(1_000);
  return { kibPerSocket: (after - before) / 1_024 / (count - start), sockets: count };
}
