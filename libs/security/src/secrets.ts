import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A new secret: 256 random bits as 43 characters of base64url. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

/**
 * SHA-256 of a secret, to store in its place. Only for secrets of `newSecret`: passwords are guessable and
 * need a slow hash.
 */
export const hashSecret = (secret: string): Buffer => hash('sha256', secret, 'buffer');

/** Compares without telling through time where the two differ. Different lengths are unequal. */
export const equalsInConstantTime = (a: Uint8Array, b: Uint8Array): boolean =>
  a.byteLength === b.byteLength && timingSafeEqual(a, b);
