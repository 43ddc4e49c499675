import { CLOSE_CODES, ROUTES } from '@relais/contracts';
import type { RelaisSession } from '@relais/sdk';
import type { World } from '../world/world.js';
import { percentile } from './driver.js';
import { RelaisSocket } from './relais-socket.js';

/** As many as a gateway lets one device have; half of them on each of two gateways. */
const SOCKETS_PER_PERSON = 4;
const OPENED_AT_ONCE = 8;
const DISABLED_AT_ONCE = 4;
/** A socket that is open for so long after its person was disabled is counted with this. */
const GIVE_UP_AFTER_MS = 60_000;

export interface RevocationResult {
  people: number;
  sockets: number;
  /** From asking to disable a person until their last socket was closed. */
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

interface Watched {
  session: RelaisSession;
  /** Resolves with the time at which the last socket was closed, in ms of the steady clock. */
  allClosed: Promise<number>;
  sockets: RelaisSocket[];
}

/** Opens sockets of many people on all gateways, disables the people, and waits until the last socket is closed. */
export async function measureRevocation(world: World, sockets: number): Promise<RevocationResult> {
  const gateways = await world.gateways();
  const people = Math.ceil(sockets / SOCKETS_PER_PERSON);
  const watched = await inParallel(OPENED_AT_ONCE, people, async (index) => {
    // Nobody who is needed afterwards: they are out for good.
    const session = await world.people.invite(`revoked${index}`);
    return watch(session, gateways);
  });
  const took = await inParallel(DISABLED_AT_ONCE, people, (index) => disable(world, watched[index] as Watched));
  for (const { session, sockets: opened } of watched) {
    session.close();
    for (const socket of opened) socket.close();
  }
  const sorted = took.toSorted((a, b) => a - b);
  return {
    ...{ people, sockets: people * SOCKETS_PER_PERSON },
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    maxMs: sorted.at(-1) ?? Number.NaN,
  };
}

async function watch(session: RelaisSession, gateways: readonly string[]): Promise<Watched> {
  const sockets = await Promise.all(
    Array.from({ length: SOCKETS_PER_PERSON }, (_, index) =>
      RelaisSocket.open(gateways[index % gateways.length] as string, session),
    ),
  );
  const closings = sockets.map(
    (socket) =>
      new Promise<number>((resolve, reject) => {
        socket.onClosed = (code) =>
          code === CLOSE_CODES.revoked.code
            ? resolve(performance.now())
            : reject(new Error(`closed with ${code} instead of being put out`));
      }),
  );
  return { session, sockets, allClosed: Promise.all(closings).then((times) => Math.max(...times)) };
}

async function disable({ people }: World, { session, allClosed }: Watched): Promise<number> {
  const { userId } = session.tokens;
  const askedAtMs = performance.now();
  const giveUp = new Promise<number>((resolve) => {
    setTimeout(() => resolve(askedAtMs + GIVE_UP_AFTER_MS), GIVE_UP_AFTER_MS).unref();
  });
  await people.owner.call(ROUTES.updateUser, { userId, state: 'disabled' });
  return (await Promise.race([allClosed, giveUp])) - askedAtMs;
}

/** Does so much work, `width` at a time, and keeps the order of the results. */
async function inParallel<Result>(
  width: number,
  count: number,
  work: (index: number) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(count);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) results[index] = await work(index);
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}
