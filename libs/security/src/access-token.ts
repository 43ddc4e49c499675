import type { KeyObject } from 'node:crypto';
import type { AccessClaims } from '@relais/contracts';
import { SignJWT } from 'jose';
import { ACCESS_TOKEN_TYPE } from './jwt-token-verifier.js';

/** The private half of a key whose public half is published under the same `kid`. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** Signs the claims as they are; the caller answers for their truth and for a life within `LIMITS.accessTokenSeconds`. */
export const signAccessToken = (claims: AccessClaims, { kid, privateKey }: SigningKey): Promise<string> =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg: 'EdDSA', typ: ACCESS_TOKEN_TYPE, kid }).sign(privateKey);
