import { ROUTES } from '@relais/contracts';
import type { DeviceId, OrganizationId } from '@relais/kernel';
import { ApiError } from '../api-error.js';
import type { RelaisApi } from '../http/relais-api.js';
import type { DeviceKey } from './device-key.js';

/** Which device, with the key that is its own. What an app has left when everything else is refused with `wipe_pending`. */
export interface WipedDevice {
  organizationId: OrganizationId;
  deviceId: DeviceId;
  key: DeviceKey;
}

/**
 * For an app that was refused with `wipe_pending`: fetches the order, has `erase` delete everything the app keeps but the
 * device's key, and says so with that key, which the app deletes last. Does nothing when there is no order for this device.
 * When it ends before the word is given, it is done again at the next start: `erase` has nothing left to do then.
 *
 * @returns whether there was an order and it was obeyed
 * @throws ApiError when the server cannot be reached; Error when the order is not for this device
 */
export async function obeyWipe(api: RelaisApi, device: WipedDevice, erase: () => Promise<void>): Promise<boolean> {
  const { organizationId, deviceId, key } = device;
  const self = { organizationId, deviceId };
  const asked = await key.statement('relais-wipe-fetch+jwt', { dev: deviceId });
  const order = await ordered(api.call(ROUTES.fetchWipeOrder, { ...self, proof: asked }, { retry: true }));
  if (order === null) return false;
  const nonce = nonceOf(order, device);
  await erase();
  const proof = await key.statement('relais-wiped+jwt', { dev: deviceId, nonce });
  await api.call(ROUTES.confirmWipe, { ...self, proof }, { retry: true });
  return true;
}

async function ordered(asked: Promise<{ order: string }>): Promise<string | null> {
  try {
    return (await asked).order;
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.code === 'no_wipe_order') return null;
    throw thrown;
  }
}

/** An order names its device: one for another device, replayed at this one, deletes nothing. */
function nonceOf(order: string, { organizationId, deviceId }: WipedDevice): string {
  const part = (at: number): Record<string, unknown> =>
    JSON.parse(Buffer.from(order.split('.')[at] ?? '', 'base64url').toString()) as Record<string, unknown>;
  const [header, claims] = [part(0), part(1)];
  const isOurs = claims['sub'] === deviceId && claims['org'] === organizationId && header['typ'] === 'relais-wipe+jwt';
  if (!isOurs || typeof claims['nonce'] !== 'string') throw new Error('this is no order to wipe this device');
  return claims['nonce'];
}
