import type { Role, Scope } from '@relais/contracts';
import type { DeviceId, OrganizationId, SessionId, UserId } from '@relais/kernel';

/** Who is asking, as their verified access token says. */
export interface Principal {
  readonly userId: UserId;
  readonly organizationId: OrganizationId;
  readonly deviceId: DeviceId;
  readonly sessionId: SessionId;
  readonly roles: readonly Role[];
  readonly amr: readonly string[];
  /** When the person last showed who they are, ms since 1970. */
  readonly authenticatedAtMs: number;
  /** The session is good for nothing but enrolling a factor. */
  readonly isLimited: boolean;
  /** What a bot may ask for; a person has none and needs none. */
  readonly scopes?: readonly Scope[];
  /** The device's key that the token is bound to (RFC 9449, 6.1): without a proof made with it, the token is no good. */
  readonly keyThumbprint: string;
  /** The revocation counter when the token was issued. */
  readonly epoch: number;
  readonly expiresAtMs: number;
  /** The token itself, to travel on with requests in the person's name. */
  readonly token: string;
}

export interface VerifyOptions {
  limited?: boolean | undefined;
  bots?: readonly Scope[] | undefined;
}

/** Turns an access token into the person it speaks for, on every hop. */
export abstract class TokenVerifier {
  /**
   * Checks signature, type, issuer, audience, expiry and revocation. Tokens seen before are answered from a cache,
   * at once, until they expire or one of their ids is revoked.
   *
   * @param options `limited` lets tokens pass that are good for enrolling a factor only; without it they are refused.
   *   `bots` lets bots in that have one of these scopes; without it they are refused.
   * @throws AppError `factor_enrolment_required` (kind `forbidden`) for those; `scope_missing`
   *   (kind `forbidden`); `token_invalid`, `token_expired`, `token_revoked` (kind `unauthenticated`); `not_ready` before the
   *   first keys are known
   */
  abstract verify(token: string, options?: VerifyOptions): Promise<Principal> | Principal;
}
