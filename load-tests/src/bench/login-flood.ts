import { ApiError, DeviceKey, RelaisApi, RelaisSession } from '@relais/sdk';
import { type DeviceId, newId } from '@relais/kernel';
import type { World } from '../world/world.js';

/** Attempts under way at the same time. */
const GUESSERS = 16;

/** What came of the attempts, by code. */
export type FloodResult = Record<string, number>;

/**
 * Somebody guesses passwords as fast as he is answered, of an account that is not there each time, so that no limit of an
 * account stops him: each guess costs a whole password hash. Ends with what `until` gives.
 */
export async function whileFlooded<Result>(
  world: World,
  until: () => Promise<Result>,
): Promise<{ result: Result; guesses: FloodResult }> {
  const guesses: FloodResult = {};
  const api = new RelaisApi({ gateways: await world.gateways(), timeoutMs: 30_000 });
  const key = DeviceKey.generate();
  let isOver = false;
  const guess = async () => {
    while (!isOver) {
      const code = await outcomeOf(api, key);
      guesses[code] = (guesses[code] ?? 0) + 1;
    }
  };
  const guessing = Array.from({ length: GUESSERS }, guess);
  try {
    return { result: await until(), guesses };
  } finally {
    isOver = true;
    await Promise.all(guessing);
  }
}

async function outcomeOf(api: RelaisApi, key: DeviceKey): Promise<string> {
  const device = { id: newId<DeviceId>(), name: 'guesser', platform: 'server' as const };
  const account = {
    organization: 'harness',
    email: `${newId()}@harness.example`,
    password: 'not the password at all',
  };
  try {
    (await RelaisSession.login(api, account, device, key)).close();
    return 'ok';
  } catch (thrown) {
    return ApiError.from(thrown).code;
  }
}
