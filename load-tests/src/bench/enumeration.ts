import { ApiError, DeviceKey, RelaisApi, RelaisSession } from '@relais/sdk';
import { type DeviceId, newId } from '@relais/kernel';
import { percentile } from './driver.js';
import type { World } from '../world/world.js';

/** Per person, below what makes an account or a device wait (P-15). */
const TRIES_PER_PERSON = 5;

/**
 * Guesses at the passwords of people who are there and of as many who are not, in turn and one at a time, and says how far the
 * medians of the refusals lie apart, in ms: that much tells somebody who listens long enough who has an account.
 */
export async function measureEnumeration(world: World, people: number): Promise<{ apartMs: number; medianMs: number }> {
  await world.people.atLeast(people + 1);
  const names = Array.from({ length: people }, (_, index) => `person${index + 1}`);
  const api = new RelaisApi({ gateways: await world.gateways(), timeoutMs: 30_000 });
  const key = DeviceKey.generate();
  const took: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
  await refusal(api, key, `${newId()}@harness.example`);
  for (let round = 0; round < TRIES_PER_PERSON; round++)
    for (const name of names) {
      took.known.push(await refusal(api, key, `${name}@harness.example`));
      took.unknown.push(await refusal(api, key, `${newId()}@harness.example`));
    }
  const [known, unknown] = [took.known, took.unknown].map((all) =>
    percentile(
      all.toSorted((a, b) => a - b),
      0.5,
    ),
  );
  return { apartMs: Math.abs((known ?? 0) - (unknown ?? 0)), medianMs: known ?? 0 };
}

async function refusal(api: RelaisApi, key: DeviceKey, email: string): Promise<number> {
  const device = { id: newId<DeviceId>(), name: 'guesser', platform: 'server' as const };
  const startedAt = performance.now();
  const code = await RelaisSession.login(
    api,
    { organization: 'harness', email, password: 'not the password at all' },
    device,
    key,
  ).then(
    () => 'ok',
    (error: unknown) => ApiError.from(error).code,
  );
  if (code !== 'login_failed') throw new Error(`a guess was answered with ${code}`);
  return performance.now() - startedAt;
}
