import { jetstreamManager } from '@nats-io/jetstream';
import { factRecorded, ROUTES } from '@relais/contracts';
import { DeviceKey, obeyWipe, RelaisSession } from '@relais/sdk';
import { adminNats } from '../checker/event-scan.js';
import { codeOf } from '../system/person.js';
import { pause } from '../world/random.js';
import type { World } from '../world/world.js';
import type { FaultContext } from './fault-case.js';

/** P-13. */
const REVOKED_WITHIN_MS = 5_000;
/** Facts go through the outbox. */
const TOLD_WITHIN_MS = 10_000;

let found: Record<string, number> = {};

/** A copied phone comes back with an old refresh token; a lost one, ordered to be wiped while it was away, with its own. */
export async function stealDevices({ world }: FaultContext): Promise<void> {
  found = { ...(await cloneWithKey(world)), ...(await cloneWithoutKey(world)), ...(await wipedWhileAway(world)) };
}

export const stolenDevicesLeft = (): Promise<Record<string, number>> => Promise.resolve(found);

/** Everything was copied, the key, too: the second use of a token is what gives the theft away. */
async function cloneWithKey(world: World): Promise<Record<string, number>> {
  const factsBefore = await reuses(world);
  const owner = await world.people.invite(`copied${Date.now()}`);
  const stolen = structuredClone(owner.tokens);
  await owner.refresh();
  await owner.refresh();
  const clone = RelaisSession.resume(world.people.api, stolen, owner.key);

  const entered = await codeOf(clone.refresh());

  await pause(REVOKED_WITHIN_MS);
  const stillGood = [await codeOf(owner.call(ROUTES.me, {})), await codeOf(owner.refresh())];
  for (const session of [owner, clone]) session.close();
  const told = await within(TOLD_WITHIN_MS, async () => (await reuses(world)) > factsBefore);
  return {
    'copies that got in': entered === 'refresh_failed' ? 0 : 1,
    'sessions alive after a theft': stillGood.filter((code) => code === 'ok').length,
    'thefts nobody was told of': told ? 0 : 1,
  };
}

/** A token without the key that it is bound to is nothing, and does not put its owner out either. */
async function cloneWithoutKey({ people }: World): Promise<Record<string, number>> {
  const owner = await people.invite(`overheard${Date.now()}`);
  const thief = RelaisSession.resume(people.api, owner.tokens, DeviceKey.generate());
  const codes = [await codeOf(thief.refresh()), await codeOf(thief.call(ROUTES.me, {}))];
  const own = await codeOf(owner.refresh());
  for (const session of [owner, thief]) session.close();
  return {
    'thieves without the key who got in': codes.filter((code) => code === 'ok').length,
    'owners put out': own === 'ok' ? 0 : 1,
  };
}

/** Whoever comes back with the device, or with a copy of it, can fetch the order and nothing else. */
async function wipedWhileAway({ people }: World): Promise<Record<string, number>> {
  const admin = await people.invite(`administrator${Date.now()}`);
  await people.owner.call(ROUTES.updateUser, { userId: admin.tokens.userId, role: 'admin' });
  await admin.refresh();
  const lost = await people.invite(`lost${Date.now()}`);
  const { deviceId, organizationId, userId } = lost.tokens;
  await admin.call(ROUTES.orderWipe, { userId, deviceId });
  await pause(REVOKED_WITHIN_MS);
  const asked = [await codeOf(lost.call(ROUTES.me, {})), await codeOf(lost.call(ROUTES.listConversations, {}))];
  const refreshed = await codeOf(lost.refresh());
  const copy = RelaisSession.resume(people.api, lost.tokens, DeviceKey.generate());
  const copied = await codeOf(copy.refresh());
  let hasErased = false;
  const erase = () => Promise.resolve(void (hasErased = true));
  const obeyed = await codeOf(obeyWipe(people.api, { organizationId, deviceId, key: lost.key }, erase));
  const wiped = (await admin.call(ROUTES.listWipes, {})).items.find((wipe) => wipe.deviceId === deviceId);
  for (const session of [admin, lost, copy]) session.close();
  return {
    'answers to a device that is to be wiped': asked.filter((code) => code === 'ok').length,
    'devices not told that they are to be wiped': refreshed === 'wipe_pending' && obeyed === 'ok' ? 0 : 1,
    'wipes without the word of the device': hasErased && wiped?.state === 'wiped' ? 0 : 1,
    'copies told of the order': copied === 'refresh_failed' ? 0 : 1,
  };
}

/** How many facts tell of a refresh token that came twice. */
async function reuses({ cluster }: World): Promise<number> {
  const nats = await adminNats(cluster);
  try {
    const manager = await jetstreamManager(nats);
    const { state } = await manager.streams.info('EVENTS');
    let count = 0;
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const message = await manager.streams.getMessage('EVENTS', { seq });
      if (message?.subject !== factRecorded.subject) continue;
      const fact = factRecorded.data.safeParse(message.json());
      if (fact.success && fact.data.action === 'refresh-token.reused') count++;
    }
    return count;
  } finally {
    await nats.close();
  }
}

async function within(ms: number, holds: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (performance.now() < deadline) {
    if (await holds()) return true;
    await pause(500);
  }
  return false;
}
