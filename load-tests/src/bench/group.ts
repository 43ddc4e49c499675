import { ROUTES } from '@relais/contracts';
import { type ConversationId, newId } from '@relais/kernel';
import { pause } from '../world/random.js';
import type { World } from '../world/world.js';
import { percentile } from './driver.js';
import { RelaisSocket } from './relais-socket.js';

const PER_SECOND = 10;
/** The first entries meet code that was not compiled yet. */
const WARM_UP = 30;

/** A group in which everybody is online: how long until the last device has it. */
export async function measureGroup(
  world: World,
  members: number,
  seconds: number,
): Promise<{ p50Ms: number; p99Ms: number; sent: number }> {
  const sessions = await world.people.atLeast(members);
  const id = await makeGroup(world, members);
  const gateways = await world.gateways();
  const lastSeenMs = new Map<string, number>();
  const seenBy = new Map<string, number>();
  const sockets: RelaisSocket[] = [];
  for (const [index, session] of sessions.entries()) {
    const socket = await RelaisSocket.open(gateways[index % gateways.length] as string, session);
    socket.onEntry = (entry) => {
      if (entry.kind !== 'message' || !entry.body || entry.conversationId !== id) return;
      lastSeenMs.set(entry.body.text, performance.now());
      seenBy.set(entry.body.text, (seenBy.get(entry.body.text) ?? 0) + 1);
    };
    sockets.push(socket);
  }
  const write = async (count: number) => {
    for (let index = 0; index < count; index++) {
      (sockets[index % sockets.length] as RelaisSocket).append(id, `${performance.now()} to the group`);
      await pause(1_000 / PER_SECOND);
    }
    await pause(1_500);
  };
  await write(WARM_UP);
  lastSeenMs.clear();
  await write(seconds * PER_SECOND);
  for (const socket of sockets) socket.close();
  const complete = [...lastSeenMs].filter(([text]) => seenBy.get(text) === members);
  const latencies = complete.map(([text, seenMs]) => seenMs - Number(text.split(' ', 1)[0])).sort((a, b) => a - b);
  if (latencies.length < seconds * PER_SECOND)
    throw new Error(`${seconds * PER_SECOND - latencies.length} messages did not reach all ${members}`);
  return { p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99), sent: latencies.length };
}

async function makeGroup(world: World, members: number): Promise<ConversationId> {
  const [owner, ...others] = await world.people.atLeast(members);
  if (!owner) throw new Error('nobody there');
  const ids = others.map(({ tokens }) => tokens.userId);
  const { id } = await owner.call(ROUTES.createConversation, {
    id: newId<ConversationId>(),
    kind: 'group',
    title: 'Everybody',
    memberIds: ids.slice(0, 500),
  });
  if (ids.length > 500) await owner.call(ROUTES.addMembers, { conversationId: id, userIds: ids.slice(500) });
  return id;
}
