import { ROUTES, type Route } from '@relais/contracts';
import { RelaisApi, type RelaisSession } from '@relais/sdk';
import { RelaisSocket } from '../bench/relais-socket.js';
import { codeOf } from '../system/person.js';
import { pause } from '../world/random.js';
import type { World } from '../world/world.js';
import { Cable } from './cable.js';
import type { FaultContext } from './fault-case.js';

const CUT_OFF = 'gateway-2';
/** P-13: even a replica that cannot be told lets go of people within this time. */
const WITHIN_MS = 60_000;

let found: Record<string, number> = {};

/**
 * Cuts one gateway off from NATS, without a word, and disables somebody who is connected there. The replica cannot hear of
 * it; it has to let go of its sockets because it knows that it hears nothing.
 */
export async function revokeWhileCutOff({ world }: FaultContext): Promise<void> {
  const cable = await Cable.lay(world.cluster.servers.natsUrl);
  const putBack = await world.withEnv(CUT_OFF, { NATS_URL: cable.url });
  const session = await world.people.invite(`cut-off${Date.now()}`);
  try {
    const [connected = '', cutOff = ''] = await world.cluster.gatewayUrls();
    const socket = await RelaisSocket.open(cutOff, session);
    const closed = new Promise<number>((resolve) => {
      socket.onClosed = () => resolve(performance.now());
    });
    cable.pull();
    const disabledAtMs = performance.now();
    await disable(world, connected, session);
    const closedAtMs = await Promise.race([closed, pause(WITHIN_MS + 5_000).then(() => undefined)]);
    const answer = await codeOf(callAt(cutOff, session, ROUTES.me as Route, {}));
    socket.close();
    found = {
      'sockets of the disabled open after 60 s': closedAtMs && closedAtMs - disabledAtMs <= WITHIN_MS ? 0 : 1,
      'answers to the disabled': answer === 'ok' ? 1 : 0,
    };
  } finally {
    session.close();
    cable.plugIn();
    await putBack();
    cable.close();
  }
}

export const lateRevocations = (): Promise<Record<string, number>> => Promise.resolve(found);

async function disable({ people }: World, gateway: string, { tokens: { userId } }: RelaisSession): Promise<void> {
  await callAt(gateway, people.owner, ROUTES.updateUser as Route, { userId, state: 'disabled' });
}

/** Asks one gateway and no other. */
function callAt(gateway: string, { key, tokens }: RelaisSession, route: Route, input: object): Promise<unknown> {
  const api = new RelaisApi({ gateways: [gateway], timeoutMs: 10_000 });
  return api.call(route, input, { token: tokens.accessToken, key });
}
