import { base32 } from './base32.js';
import { randomBytes } from 'node:crypto';

const STEP_SECONDS = 30;
/** 160 bits, as RFC 4226, 4 recommends. */
const SECRET_BYTES = 20;

export const newTotpSecret = (): string => base32(randomBytes(SECRET_BYTES));

/** What authenticator apps read from a QR code. */
export async function totpUri(secret: string, label: string, issuer: string): Promise<string> {
  const { generateURI } = await import('otplib');
  return generateURI({ issuer, label, secret });
}

/**
 * The time step of a right code (RFC 6238), one step of difference allowed to either side; null for a wrong one. Whether the
 * step was used before is for the database to say.
 */
export async function stepOf(secret: string, code: string, now: Date): Promise<number | null> {
  const { verify } = await import('otplib');
  const epoch = Math.floor(now.getTime() / 1_000);
  const result = await verify({ secret, token: code, epoch, epochTolerance: STEP_SECONDS });
  return result.valid ? Math.floor(epoch / STEP_SECONDS) + result.delta : null;
}
