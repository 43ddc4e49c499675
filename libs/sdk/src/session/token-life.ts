import type { Tokens } from '@relais/contracts';
import { z } from 'zod';
import { jsonOf } from '../http/read-problem.js';

const times = z.object({ iat: z.number(), exp: z.number() });

/**
 * When an access token that was received just now runs out, on our own clock: its claims say how long it lives, whatever
 * the time is at the server. Without readable claims, what the server said, which is right if both clocks are.
 */
export function goodUntilMs(
  { accessToken, accessTokenExpiresAt }: Pick<Tokens, 'accessToken' | 'accessTokenExpiresAt'>,
  receivedAtMs = Date.now(),
): number {
  const claims = times.safeParse(jsonOf(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()));
  if (!claims.success) return Date.parse(accessTokenExpiresAt);
  return receivedAtMs + (claims.data.exp - claims.data.iat) * 1_000;
}
