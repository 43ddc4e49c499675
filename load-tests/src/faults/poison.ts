import { jetstreamManager } from '@nats-io/jetstream';
import { CONSUMERS, ROUTES, userRemoved } from '@relais/contracts';
import { type ConversationId, newId } from '@relais/kernel';
import { adminNats } from '../checker/event-scan.js';
import { pause } from '../world/random.js';
import type { FaultContext } from './fault-case.js';

const PER_KIND = 5;
const DEEP = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;

/** Every way of being wrong: not JSON, wrong types, poisoned keys, unknown version, nested too deep, large. */
const POISON: readonly string[] = [
  'not json {',
  '{"id":1,"organizationId":[],"userId":null}',
  '{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}}}',
  `{"id":"${newId()}","organizationId":"${newId()}","userId":"${newId()}","schema":99}`,
  DEEP,
  'x'.repeat(900_000),
];

/** All of them are given the poison, and each has to put it aside for itself. */
const READERS = Object.values(CONSUMERS).flatMap((ofService) =>
  Object.keys(ofService).filter((name) => ofService[name] === userRemoved),
);

let deadBefore: Readonly<Record<string, number>> = {};

/** Publishes poison as somebody inside NATS could: to requests, live subjects, signals and the stream of events. */
export async function publishPoison({ world, workload }: FaultContext): Promise<void> {
  deadBefore = await deadLetters(world);
  const nats = await adminNats(world.cluster);
  const { organizationId } = world.people.owner.tokens;
  const conversationId = workload.conversations[0]?.id ?? '';
  const subjects = [
    'rpc.messaging.entry.append.v1',
    'rpc.auth.session.refresh.v1',
    'all.everyone.revoked.v1',
    'all.everyone.revoked.v2',
    `live.${organizationId}.conversation.${conversationId}`,
    `live.${organizationId}.user.${world.people.owner.tokens.userId}`,
    userRemoved.subject,
  ];
  try {
    for (let round = 0; round < PER_KIND; round++) {
      for (const subject of subjects) for (const poison of POISON) nats.publish(subject, poison);
      await nats.flush();
      await pause(500);
    }
    await pause(3_000);
  } finally {
    await nats.close();
  }
}

/** The stream goes on behind the poison: a person taken out now leaves their conversations, and the rest was put aside. */
export async function poisonLeft({ world }: FaultContext): Promise<Record<string, number>> {
  const leaver = await world.people.invite(`leaver${Date.now()}`);
  const { owner } = world.people;
  const { id } = await owner.call(ROUTES.createConversation, {
    id: newId<ConversationId>(),
    kind: 'group',
    memberIds: [leaver.tokens.userId],
  });
  leaver.close();
  await (await world.people.freshOwner()).call(ROUTES.removeUser, { userId: leaver.tokens.userId });
  let isOut = false;
  for (let attempt = 0; attempt < 50 && !isOut; attempt++) {
    await pause(200);
    isOut = (await owner.call(ROUTES.readConversation, { conversationId: id })).members === 1;
  }
  const dead = await deadLetters(world);
  const missing = READERS.map((name) =>
    Math.abs(PER_KIND * POISON.length - ((dead[`dlq.${name}`] ?? 0) - (deadBefore[`dlq.${name}`] ?? 0))),
  );
  return {
    'events stuck behind poison': isOut ? 0 : 1,
    'poison not put aside': missing.reduce((all, count) => all + count, 0),
  };
}

/** How much each consumer has put aside, by the subject it did so under. */
async function deadLetters({ cluster }: FaultContext['world']): Promise<Readonly<Record<string, number>>> {
  const nats = await adminNats(cluster);
  try {
    const manager = await jetstreamManager(nats);
    return (await manager.streams.info('DEAD', { subjects_filter: 'dlq.>' })).state.subjects ?? {};
  } catch {
    return {};
  } finally {
    await nats.close();
  }
}
