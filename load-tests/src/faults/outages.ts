import { ROUTES } from '@relais/contracts';
import { type ConversationId, type EntryId, newId } from '@relais/kernel';
import { ApiError, RelaisApi, type RelaisSession } from '@relais/sdk';
import { pause } from '../world/random.js';
import type { FaultCase } from './fault-case.js';
import { lateAnswers, stragglers } from './recovery.js';

type Inject = FaultCase['inject'];

const CAUGHT_UP_WITHIN_MS = 10_000;
const GAPS_CLOSED_WITHIN_MS = 5_000;
const POSTGRES_BACK_WITHIN_MS = 15_000;
const NATS_BACK_WITHIN_MS = 10_000;
const REFUSED_WITHIN_MS = 3_000;
const ASK_EVERY_MS = 500;

/** One gateway is gone at once; its clients go to the other. */
export const killGateway: Inject = async ({ world, workload }) => {
  await world.cluster.kill('gateway-1');
  const late = await stragglers(workload, CAUGHT_UP_WITHIN_MS);
  await pause(3_000);
  return () => ({ 'clients not caught up within 10 s': late });
};

/** One gateway stands still, and NATS gives up on it. */
export const freezeGateway: Inject = async ({ world, workload }) => {
  await world.cluster.kill('gateway-2', 'SIGSTOP');
  await pause(10_000);
  await world.cluster.kill('gateway-2', 'SIGCONT');
  const late = await stragglers(workload, GAPS_CLOSED_WITHIN_MS);
  await pause(2_000);
  return () => ({ 'clients with gaps 5 s after it woke': late });
};

export const restartPostgres: Inject = async ({ world, workload }) => {
  const sinceMs = performance.now();
  await world.cluster.kill('postgres', 'SIGQUIT');
  await pause(1_000);
  await world.cluster.startProcess('postgres');
  await pause(3_000);
  return () => ({ 'entries answered later than 15 s': lateAnswers(workload, sinceMs, POSTGRES_BACK_WITHIN_MS) });
};

/** Meanwhile every gateway is asked again and again to take an entry, which it has to refuse, and soon. */
export const loseNats =
  (forMs: number): Inject =>
  async ({ world, workload }) => {
    const { owner } = world.people;
    const conversationId = await ownConversation(owner);
    await world.cluster.kill('nats');
    const endAtMs = performance.now() + forMs;
    const gateways = await world.cluster.gatewayUrls();
    const wrong = await Promise.all(gateways.map((gateway) => askUntil(endAtMs, gateway, owner, conversationId)));
    for (const answer of wrong.flat()) console.log(`  while NATS was gone: ${answer}`);
    await pause(Math.max(0, endAtMs - performance.now()));
    await world.cluster.startProcess('nats');
    const sinceMs = performance.now();
    await pause(4_000);
    return () => ({
      'entries not refused within 3 s': wrong.flat().length,
      'entries answered later than 10 s after NATS was back': lateAnswers(workload, sinceMs, NATS_BACK_WITHIN_MS),
    });
  };

/** Of somebody who is alone in it, so that nobody waits for what is said there. */
async function ownConversation(owner: RelaisSession): Promise<ConversationId> {
  const id = newId<ConversationId>();
  await owner.call(ROUTES.createConversation, { id, kind: 'group', memberIds: [] }, { retry: true });
  return id;
}

/** @returns answers that were no refusal in time, in words */
async function askUntil(
  endAtMs: number,
  gateway: string,
  { tokens, key }: RelaisSession,
  conversationId: ConversationId,
): Promise<string[]> {
  const api = new RelaisApi({ gateways: [gateway], timeoutMs: 2 * REFUSED_WITHIN_MS });
  const wrong: string[] = [];
  let isFirst = true;
  // The last one still has its time.
  while (performance.now() < endAtMs - REFUSED_WITHIN_MS) {
    const askedAtMs = performance.now();
    const entry = { conversationId, id: newId<EntryId>(), kind: 'message' as const, body: { text: 'anybody?' } };
    const { status, code } = await api.call(ROUTES.append, entry, { token: tokens.accessToken, key }).then(
      () => ({ status: 200, code: 'ok' }),
      (thrown: unknown) => ApiError.from(thrown),
    );
    const tookMs = performance.now() - askedAtMs;
    // Of what was on its way when NATS went nobody knows what became of it.
    const isRefused = status === 503 || (status === 504 && isFirst);
    isFirst = false;
    if (!isRefused || tookMs > REFUSED_WITHIN_MS) wrong.push(`${status} ${code} after ${tookMs.toFixed(0)} ms`);
    await pause(ASK_EVERY_MS);
  }
  return wrong;
}
