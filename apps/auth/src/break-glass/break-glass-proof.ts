import { generateKeyPairSync } from 'node:crypto';
import { BREAK_GLASS } from '@relais/contracts';
import { hashSecret, verifyDeviceStatement } from '@relais/security';
import { z } from 'zod';

/** Stands where there is no such device: looking at a proof takes the same time. */
const nobodysKey = String(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x);

/**
 * When the device signed this very secret, seconds since 1970; null when it did not, or its key is not known.
 *
 * @param key of the device, base64url
 */
export async function signedAt(
  key: string | null,
  { deviceId, secret, proof }: { deviceId: string; secret: string; proof: string },
  now: Date,
): Promise<number | null> {
  const statement = await verifyDeviceStatement(key ?? nobodysKey, BREAK_GLASS.statementType, proof, now);
  const said = z.looseObject({
    dev: z.literal(deviceId),
    sec: z.literal(hashSecret(secret).toString('base64url')),
  });
  return key && statement && said.safeParse(statement).success ? statement.iat : null;
}
