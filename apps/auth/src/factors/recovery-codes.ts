import { randomBytes } from 'node:crypto';
import { hashSecret } from '@relais/security';
import { base32 } from './base32.js';

const COUNT = 10;
/** 80 bits each: too many to guess, so a fast hash keeps them as well as a slow one. */
const BYTES = 10;

/** Such as `ABCD-EFGH-IJKL-MNOP`. */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: COUNT }, () => (base32(randomBytes(BYTES)).match(/.{4}/g) as string[]).join('-'));

/** What is stored of a code; spelling, blanks and hyphens make no difference. */
export const recoveryCodeHash = (code: string): Buffer => hashSecret(code.toUpperCase().replaceAll(/[^A-Z2-7]/g, ''));
