import { DeviceKey, ApiError, RelaisSession } from '@relais/sdk';
import { type DeviceId, newId } from '@relais/kernel';
import { pause } from '../world/random.js';
import type { World } from '../world/world.js';
import type { FaultContext } from './fault-case.js';

/** Kills Redis and starts it with nothing in it; it keeps nothing on disk. */
export async function restartRedisEmpty({ cluster }: World): Promise<void> {
  await cluster.kill('redis');
  await pause(2_000);
  await cluster.startProcess('redis');
  await pause(1_000);
}

/** Of one address, which each of two gateways lets try thirty times. */
const TRIES = 100;

/**
 * With Redis lost, guessing a password must still be limited: of many tries in a row, those after the first bursts are
 * refused by the gateways' own limits. Counts 1 when none was.
 */
export async function loginsLetThrough({ world }: FaultContext): Promise<Record<string, number>> {
  await world.cluster.kill('redis');
  try {
    const codes = await Promise.all(Array.from({ length: TRIES }, () => guess(world)));
    return { 'guesses without limit': codes.includes('rate_limited') ? 0 : 1 };
  } finally {
    await world.cluster.startProcess('redis');
  }
}

async function guess({ people }: World): Promise<string> {
  const device = { id: newId<DeviceId>(), name: 'guesser', platform: 'server' as const };
  const who = { organization: 'harness', email: 'owner@harness.example', password: 'not the password at all' };
  try {
    const session = await RelaisSession.login(people.api, who, device, DeviceKey.generate());
    session.close();
    return 'ok';
  } catch (thrown) {
    return ApiError.from(thrown).code;
  }
}
