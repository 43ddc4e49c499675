import { hash } from 'node:crypto';
import { type AccessClaims, accessClaims, LIMITS } from '@relais/contracts';
import { AppError, type Clock, SystemClock } from '@relais/kernel';
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import { type Principal, TokenVerifier } from './principal.js';
import { CLOCK_LEEWAY_SECONDS, type TrustStore } from './trust-store.js';

export const ACCESS_TOKEN_TYPE = 'at+jwt';
const MAX_TOKEN_CHARACTERS = 4_096;

/** Exactly these members: `jku`, `x5u`, `x5c`, `jwk`, `crit` and whatever else comes up are refused by absence. */
const accessHeader = z.strictObject({
  alg: z.literal('EdDSA'),
  typ: z.literal(ACCESS_TOKEN_TYPE),
  kid: z.string().min(1).max(128),
});

interface Verified {
  principal: Principal;
  kid: string;
}

export interface JwtTokenVerifierOptions {
  clock?: Clock;
  /** Verified tokens remembered; above that the oldest is forgotten. */
  cachedTokens?: number;
  /** Told how each verification ended: `ok` or the error code. For a counter. */
  observe?: (outcome: VerificationOutcome) => void;
}

export type VerificationOutcome = 'ok' | 'token_invalid' | 'token_expired' | 'token_revoked';

/** Verifies access tokens against the keys and revocations of a `TrustStore`; never asks anybody. */
export class JwtTokenVerifier extends TokenVerifier {
  private readonly verified = new Map<string, Verified>();
  private readonly clock: Clock;
  private readonly cachedTokens: number;
  private readonly observe: (outcome: VerificationOutcome) => void;

  constructor(
    private readonly trust: TrustStore,
    { clock = new SystemClock(), cachedTokens = 50_000, observe = () => undefined }: JwtTokenVerifierOptions = {},
  ) {
    super();
    this.clock = clock;
    this.cachedTokens = cachedTokens;
    this.observe = observe;
  }

  verify(token: string): Principal | Promise<Principal> {
    const id = hash('sha256', token, 'base64');
    const known = this.verified.get(id);
    if (!known) return this.verifyAnew(token, id);
    try {
      const principal = this.admit(known);
      this.observe('ok');
      return principal;
    } catch (error) {
      this.verified.delete(id);
      throw this.refuse(error);
    }
  }

  /** How many verified tokens are remembered. */
  get size(): number {
    return this.verified.size;
  }

  private async verifyAnew(token: string, id: string): Promise<Principal> {
    // Not the token's fault: a client that is told "invalid" throws its session away.
    if (!this.trust.hasKeys())
      throw new AppError('unavailable', 'not_ready', 'no signing keys yet', { retryAfterMs: 1_000 });
    try {
      const { kid } = headerOf(token);
      const verified = { kid, principal: toPrincipal(await this.claimsOf(token, kid), token) };
      const principal = this.admit(verified);
      this.remember(id, verified);
      this.observe('ok');
      return principal;
    } catch (error) {
      throw this.refuse(error);
    }
  }

  private refuse(error: unknown): unknown {
    if (error instanceof AppError) this.observe(error.code as VerificationOutcome);
    return error;
  }

  private async claimsOf(token: string, kid: string): Promise<AccessClaims> {
    const key = this.trust.key(kid);
    if (!key) throw invalid('unknown key');
    const now = this.clock.now();
    const payload = await verifySignature(token, key, now);
    const claims = accessClaims.safeParse(payload);
    if (!claims.success) throw invalid('malformed claims');
    assertLifetime(claims.data, now);
    return claims.data;
  }

  /** What may change after the signature was checked: time, the key's standing, revocation. */
  private admit({ principal, kid }: Verified): Principal {
    if (this.clock.now().getTime() >= principal.expiresAtMs + CLOCK_LEEWAY_SECONDS * 1_000) throw expired();
    if (!this.trust.key(kid)) throw invalid('key withdrawn');
    if (this.trust.isRevoked(principal)) throw new AppError('unauthenticated', 'token_revoked');
    return principal;
  }

  private remember(id: string, verified: Verified): void {
    if (this.verified.size >= this.cachedTokens) {
      const oldest = this.verified.keys().next();
      if (!oldest.done) this.verified.delete(oldest.value);
    }
    this.verified.set(id, verified);
  }
}

function headerOf(token: string): z.infer<typeof accessHeader> {
  if (token.length > MAX_TOKEN_CHARACTERS) throw invalid('token too long');
  try {
    return accessHeader.parse(decodeProtectedHeader(token));
  } catch (cause) {
    throw invalid('malformed header', cause);
  }
}

async function verifySignature(token: string, key: Parameters<typeof jwtVerify>[1], now: Date): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['EdDSA'],
      typ: ACCESS_TOKEN_TYPE,
      issuer: 'relais',
      audience: 'relais',
      clockTolerance: CLOCK_LEEWAY_SECONDS,
      currentDate: now,
    });
    return payload;
  } catch (cause) {
    throw cause instanceof errors.JWTExpired ? expired() : invalid('refused', cause);
  }
}

/** Revocations are forgotten after the longest life of a token, so a token that claims a longer one is not ours. */
function assertLifetime({ iat, exp }: AccessClaims, now: Date): void {
  if (exp <= iat || exp - iat > LIMITS.accessTokenSeconds) throw invalid('life too long');
  if (iat > now.getTime() / 1_000 + CLOCK_LEEWAY_SECONDS) throw invalid('issued in the future');
}

const toPrincipal = (claims: AccessClaims, token: string): Principal => ({
  userId: claims.sub,
  organizationId: claims.org,
  deviceId: claims.dev,
  sessionId: claims.sid,
  roles: claims.roles,
  amr: claims.amr,
  epoch: claims.epoch,
  expiresAtMs: claims.exp * 1_000,
  token,
});

const invalid = (reason: string, cause?: unknown): AppError =>
  new AppError('unauthenticated', 'token_invalid', reason, { cause });
const expired = (): AppError => new AppError('unauthenticated', 'token_expired');
