import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { type DevicePublicKey, devicePublicKey } from '@relais/contracts';
import { compactVerify, CompactSign } from 'jose';
import { z } from 'zod';

export const DEVICE_PROOF_TYPE = 'relais-refresh+jwt';
/** Clocks of phones are off by minutes; the proof is bound to one single-use token, so this costs nothing. */
const MAX_CLOCK_DIFFERENCE_SECONDS = 300;

const proofHeader = z.strictObject({ alg: z.literal('EdDSA'), typ: z.literal(DEVICE_PROOF_TYPE) });
const proofClaims = z.strictObject({ rt: z.string(), iat: z.int() });

const fingerprint = (refreshToken: string): string => hash('sha256', refreshToken, 'base64url');

/**
 * Whether the device's key signed this very refresh token within the last five minutes.
 * Any malformed proof or key is simply no proof; this never throws.
 */
export async function verifyDeviceProof(
  publicKey: DevicePublicKey,
  proof: string,
  refreshToken: string,
  now: Date = new Date(),
): Promise<boolean> {
  try {
    const key = createPublicKey({ key: { ...devicePublicKey.parse(publicKey) }, format: 'jwk' });
    const { protectedHeader, payload } = await compactVerify(proof, key, { algorithms: ['EdDSA'] });
    proofHeader.parse(protectedHeader);
    const { rt, iat } = proofClaims.parse(JSON.parse(new TextDecoder().decode(payload)));
    const isFresh = Math.abs(now.getTime() / 1_000 - iat) <= MAX_CLOCK_DIFFERENCE_SECONDS;
    return isFresh && rt === fingerprint(refreshToken);
  } catch {
    return false;
  }
}

/** The device's side of the proof. */
export const signDeviceProof = (privateKey: KeyObject, refreshToken: string, now: Date = new Date()): Promise<string> =>
  new CompactSign(
    new TextEncoder().encode(JSON.stringify({ rt: fingerprint(refreshToken), iat: Math.floor(now.getTime() / 1_000) })),
  )
    .setProtectedHeader({ alg: 'EdDSA', typ: DEVICE_PROOF_TYPE })
    .sign(privateKey);
