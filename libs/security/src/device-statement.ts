import { createPublicKey, type KeyObject } from 'node:crypto';
import { CompactSign, compactVerify } from 'jose';
import { z } from 'zod';

/** Clocks of phones are off by minutes. */
const MAX_CLOCK_DIFFERENCE_SECONDS = 300;

const stated = z.looseObject({ iat: z.int() });
export type DeviceStatement = z.infer<typeof stated>;

/**
 * What a device says of itself, signed with its key within the last five minutes; null when it is anything else: another
 * key, another type, too old, malformed. Never throws.
 */
export async function verifyDeviceStatement(
  publicKeyX: string,
  type: string,
  statement: string,
  now: Date,
): Promise<DeviceStatement | null> {
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKeyX }, format: 'jwk' });
    const { protectedHeader, payload } = await compactVerify(statement, key, { algorithms: ['EdDSA'] });
    z.strictObject({ alg: z.literal('EdDSA'), typ: z.literal(type) }).parse(protectedHeader);
    const said = stated.parse(JSON.parse(new TextDecoder().decode(payload)));
    return Math.abs(now.getTime() / 1_000 - said.iat) <= MAX_CLOCK_DIFFERENCE_SECONDS ? said : null;
  } catch {
    return null;
  }
}

/** The device's side. */
export const signDeviceStatement = (
  privateKey: KeyObject,
  type: string,
  said: Readonly<Record<string, unknown>>,
  now: Date = new Date(),
): Promise<string> =>
  new CompactSign(new TextEncoder().encode(JSON.stringify({ ...said, iat: Math.floor(now.getTime() / 1_000) })))
    .setProtectedHeader({ alg: 'EdDSA', typ: type })
    .sign(privateKey);
