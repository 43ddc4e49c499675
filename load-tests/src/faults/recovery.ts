import { pause } from '../world/random.js';
import type { SimClient } from '../world/sim-client.js';
import type { Conversation, Workload } from '../world/workload.js';

/** Longer than an entry is on its way, shorter than any promise that is measured with it. */
const LOOK_EVERY_MS = 250;

/**
 * Waits, while people go on writing, until every client is online and has all that anybody in its conversations had a moment ago.
 *
 * @returns how many were not so far within that time from now
 */
export async function stragglers({ clients, conversations }: Workload, withinMs: number): Promise<number> {
  const deadline = performance.now() + withinMs;
  const late = new Set(clients);
  let stand = standOf(conversations);
  while (late.size > 0 && performance.now() < deadline) {
    await pause(LOOK_EVERY_MS);
    for (const client of late) if (hasCaughtUp(client, stand)) late.delete(client);
    stand = standOf(conversations);
  }
  return late.size;
}

/** The furthest that any member of each has come. */
const standOf = (conversations: readonly Conversation[]): [Conversation, number][] =>
  conversations.map((one) => [one, Math.max(...one.members.map((member) => member.head(one.id)))]);

const hasCaughtUp = (client: SimClient, stand: readonly [Conversation, number][]): boolean =>
  client.connection.state === 'online' &&
  stand.every(([{ id, members }, head]) => !members.includes(client) || client.head(id) >= head);

/** Entries whose answer came later than that after they were sent, or after `sinceMs` where they were sent before, or never. */
export const lateAnswers = ({ clients }: Workload, sinceMs: number, withinMs: number): number =>
  clients
    .flatMap(({ sent }) => sent)
    .filter(({ sentAtMs, answeredAtMs }) => (answeredAtMs ?? Infinity) - Math.max(sentAtMs, sinceMs) > withinMs).length;
