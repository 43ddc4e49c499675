import { z } from 'zod';
import { deviceId, organizationId, sessionId, userId } from '../primitives.js';

export const role = z.enum(['owner', 'admin', 'member']);
export type Role = z.infer<typeof role>;

/**
 * The claims of an access token (RFC 9068 in spirit: `typ: at+jwt`, EdDSA).
 * `epoch` is the revocation counter when the token was issued: see auth/revocation.ts.
 */
export const accessClaims = z.object({
  iss: z.literal('relais'),
  aud: z.literal('relais'),
  sub: userId,
  org: organizationId,
  dev: deviceId,
  sid: sessionId,
  roles: z.array(role).min(1),
  amr: z.array(z.string()),
  /** When the person last showed who they are, in seconds since 1970 (OpenID Connect Core 2). */
  auth_time: z.int(),
  /** The session may only be used to enrol a factor that the organization demands. */
  lim: z.literal('factors').optional(),
  /** Of bots only: what they may ask for, divided by blanks (RFC 8693, 4.2). */
  scope: z.string().optional(),
  epoch: z.int().nonnegative(),
  cnf: z.object({ jkt: z.string() }),
  iat: z.int(),
  exp: z.int(),
});
export type AccessClaims = z.infer<typeof accessClaims>;
