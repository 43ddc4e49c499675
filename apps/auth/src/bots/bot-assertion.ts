import { createPublicKey } from 'node:crypto';
import { BOT_LIMITS, botKeyId } from '@relais/contracts';
import type { BotKeyId, OrganizationId, UserId } from '@relais/kernel';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { z } from 'zod';
import { clientIdOf } from './bot-rows.postgres.js';

/** The only type an assertion may have, so that nothing else a bot signs with its key, such as a DPoP proof, is one. */
export const ASSERTION_TYPE = 'client-authentication+jwt';
/** This authorization server's name, as in `iss` of access tokens; the one audience an assertion may have. */
export const ASSERTION_AUDIENCE = 'relais';
const LEEWAY_SECONDS = 5;

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const CLIENT_ID = new RegExp(`^(${UUID})\\.(${UUID})$`);

/** Exactly these members: `jwk`, `jku`, `x5u`, `crit` and whatever else comes up are refused by absence. */
const header = z.strictObject({ alg: z.literal('EdDSA'), typ: z.literal(ASSERTION_TYPE), kid: botKeyId });
const claims = z.object({
  iss: z.string(),
  sub: z.string(),
  aud: z.literal(ASSERTION_AUDIENCE),
  jti: z.string().min(16).max(128),
  iat: z.int(),
  exp: z.int(),
});

/** Whose assertion it says to be. Nothing of it is proved. */
export interface ClaimedAssertion {
  organizationId: OrganizationId;
  botId: UserId;
  keyId: BotKeyId;
}

/** Null for anything malformed. */
export function readAssertion(assertion: string): ClaimedAssertion | null {
  try {
    const { kid } = header.parse(decodeProtectedHeader(assertion));
    const [, organizationId, botId] = CLIENT_ID.exec(claims.parse(decodeJwt(assertion)).sub) ?? [];
    if (!organizationId || !botId) return null;
    return { organizationId: organizationId as OrganizationId, botId: botId as UserId, keyId: kid };
  } catch {
    return null;
  }
}

export interface ProvedAssertion {
  jti: string;
  expiresAt: Date;
}

/**
 * What an assertion says that this key has signed for this bot (RFC 7523, 3; RFC 7519); null for any that must not count.
 * Whether it was used before is for the caller to find out.
 */
export async function verifyAssertion(
  assertion: string,
  { organizationId, botId }: ClaimedAssertion,
  publicKey: string,
  now: Date,
): Promise<ProvedAssertion | null> {
  try {
    const clientId = clientIdOf(organizationId, botId);
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
    const { payload } = await jwtVerify(assertion, key, {
      algorithms: ['EdDSA'],
      typ: ASSERTION_TYPE,
      issuer: clientId,
      subject: clientId,
      audience: ASSERTION_AUDIENCE,
      clockTolerance: LEEWAY_SECONDS,
      currentDate: now,
    });
    const { jti, iat, exp } = claims.parse(payload);
    const isShort = exp > iat && exp - iat <= BOT_LIMITS.assertionSeconds;
    const isPast = iat <= now.getTime() / 1_000 + LEEWAY_SECONDS;
    return isShort && isPast ? { jti, expiresAt: new Date((exp + LEEWAY_SECONDS + 1) * 1_000) } : null;
  } catch {
    return null;
  }
}
