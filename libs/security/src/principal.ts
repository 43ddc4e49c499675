import type { Role } from '@relais/contracts';
import type { DeviceId, OrganizationId, SessionId, UserId } from '@relais/kernel';

/** Who is asking, as their verified access token says. */
export interface Principal {
  readonly userId: UserId;
  readonly organizationId: OrganizationId;
  readonly deviceId: DeviceId;
  readonly sessionId: SessionId;
  readonly roles: readonly Role[];
  readonly amr: readonly string[];
  /** The revocation counter when the token was issued. */
  readonly epoch: number;
  readonly expiresAtMs: number;
  /** The token itself, to travel on with requests in the person's name. */
  readonly token: string;
}

/** Turns an access token into the person it speaks for, on every hop. */
export abstract class TokenVerifier {
  /**
   * Checks signature, type, issuer, audience, expiry and revocation. Tokens seen before are answered from a cache,
   * at once, until they expire or one of their ids is revoked.
   *
   * @throws AppError `token_invalid`, `token_expired`, `token_revoked` (kind `unauthenticated`); `not_ready` before the
   *   first keys are known
   */
  abstract verify(token: string): Promise<Principal> | Principal;
}
