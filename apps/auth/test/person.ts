import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { NewDevice, Tokens } from '@relais/contracts';
import { type DeviceId, newId } from '@relais/kernel';
import { signDeviceProof } from '@relais/security';

/** A device with a key of its own. */
export interface TestDevice {
  device: NewDevice;
  privateKey: KeyObject;
}

export function aDevice(name = "Alice's phone"): TestDevice {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const x = String(publicKey.export({ format: 'jwk' }).x);
  const device: NewDevice = {
    id: newId<DeviceId>(),
    name,
    platform: 'android',
    publicKey: { kty: 'OKP', crv: 'Ed25519', x },
  };
  return { device, privateKey };
}

let people = 0;

/** A person nobody else is. */
export const aPerson = () => ({
  email: `person-${++people}@example.org`,
  displayName: `Person ${people}`,
  password: `vier Lampen am Ufer ${people} der Oder`,
});

export const refreshInput = async ({ refreshToken }: Tokens, { privateKey }: TestDevice, now: Date) => ({
  refreshToken,
  proof: await signDeviceProof(privateKey, refreshToken, now),
});
