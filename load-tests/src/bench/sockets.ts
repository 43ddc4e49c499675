import { pause } from '../world/random.js';
import type { World } from '../world/world.js';
import { RelaisSocket } from './relais-socket.js';

const AT_ONCE = 25;
/** As many as a gateway lets one device have. */
const SOCKETS_PER_DEVICE = 4;

export interface SocketCost {
  sockets: number;
  /** Over the last four fifths. */
  kibPerSocket: number;
  /** The same over the first and the second half of them: growing means that sockets cost more the more there are. */
  kibPerSocketByHalf: [number, number];
}

/** Memory of a gateway before and after it holds idle, authenticated sockets, per socket. */
export async function measureSockets(world: World, count: number): Promise<SocketCost> {
  const [gateway] = await world.gateways();
  const name = 'gateway-1';
  const sessions = await world.people.atLeast(Math.ceil(count / SOCKETS_PER_DEVICE));
  const sockets: RelaisSocket[] = [];
  const open = async (upTo: number) => {
    while (sockets.length < upTo) {
      const batch = Array.from(
        { length: Math.min(AT_ONCE, upTo - sockets.length) },
        (_, index) => sessions[(sockets.length + index) % sessions.length],
      );
      sockets.push(
        ...(await Promise.all(
          batch.map((session) => RelaisSocket.open(gateway as string, session as (typeof sessions)[number])),
        )),
      );
    }
    await pause(3_000);
    return world.cluster.usage(name).rssBytes;
  };
  // The first few hundred grow the heap once; what counts is the slope after them.
  const start = Math.floor(count / 5);
  const middle = Math.floor((start + count) / 2);
  const atStart = await open(start);
  const atMiddle = await open(middle);
  const atEnd = await open(count);
  for (const socket of sockets) socket.close();
  await pause(1_000);
  const slope = (bytes: number, more: number) => bytes / 1_024 / more;
  return {
    sockets: count,
    kibPerSocket: slope(atEnd - atStart, count - start),
    kibPerSocketByHalf: [slope(atMiddle - atStart, middle - start), slope(atEnd - atMiddle, count - middle)],
  };
}
