import { hash, type KeyObject, verify as verifySignature } from 'node:crypto';
import { type AccessClaims, accessClaims, LIMITS, type Scope, scope } from '@relais/contracts';
import { AppError, type Clock, SystemClock } from '@relais/kernel';
import { z } from 'zod';
import { type Principal, TokenVerifier, type VerifyOptions } from './principal.js';
import { CLOCK_LEEWAY_SECONDS, type TrustStore } from './trust-store.js';

export const ACCESS_TOKEN_TYPE = 'at+jwt';
const MAX_TOKEN_CHARACTERS = 4_096;

/** Exactly these members: `jku`, `x5u`, `x5c`, `jwk`, `crit` and whatever else comes up are refused by absence. */
const accessHeader = z.strictObject({
  alg: z.literal('EdDSA'),
  typ: z.literal(ACCESS_TOKEN_TYPE),
  kid: z.string().min(1).max(128),
});

/** `iss` and `aud` are literals of it. */
const signedClaims = accessClaims.extend({ nbf: z.int().optional() });

/** Three parts, the last an Ed25519 signature (RFC 7515, 7.1). */
const COMPACT = /^([\w-]+)\.([\w-]+)\.([\w-]{86})$/;

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

export type VerificationOutcome =
  'ok' | 'token_invalid' | 'token_expired' | 'token_revoked' | 'factor_enrolment_required' | 'scope_missing';

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

  verify(token: string, options?: VerifyOptions): Principal | Promise<Principal> {
    const id = hash('sha256', token, 'base64');
    const known = this.verified.get(id);
    if (!known) return this.verifyAnew(token, id, options);
    try {
      const principal = this.admit(known, options);
      this.observe('ok');
      return principal;
    } catch (error) {
      if (AppError.from(error).kind === 'unauthenticated') this.verified.delete(id);
      throw this.refuse(error);
    }
  }

  /** How many verified tokens are remembered. */
  get size(): number {
    return this.verified.size;
  }

  private async verifyAnew(token: string, id: string, options?: VerifyOptions): Promise<Principal> {
    // Not the token's fault: a client that is told "invalid" throws its session away.
    if (!this.trust.hasKeys())
      throw new AppError('unavailable', 'not_ready', 'no signing keys yet', { retryAfterMs: 1_000 });
    try {
      const { kid } = headerOf(token);
      const verified = { kid, principal: toPrincipal(this.claimsOf(token, kid), token) };
      const principal = this.admit(verified, options);
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

  private claimsOf(token: string, kid: string): AccessClaims {
    const key = this.trust.key(kid);
    if (!key) throw invalid('unknown key');
    const claims = signedClaims.safeParse(signedPayload(token, key));
    if (!claims.success) throw invalid('malformed claims');
    assertLifetime(claims.data, this.clock.now());
    return claims.data;
  }

  /** What may change after the signature was checked: time, the key's standing, revocation. */
  private admit({ principal, kid }: Verified, options: VerifyOptions = {}): Principal {
    if (this.clock.now().getTime() >= principal.expiresAtMs + CLOCK_LEEWAY_SECONDS * 1_000) throw expired();
    if (!this.trust.key(kid)) throw invalid('key withdrawn');
    if (this.trust.isRevoked(principal)) throw new AppError('unauthenticated', 'token_revoked');
    if (principal.isLimited && !options.limited) throw new AppError('forbidden', 'factor_enrolment_required');
    if (principal.scopes && !principal.scopes.some((one) => options.bots?.includes(one)))
      throw new AppError('forbidden', 'scope_missing');
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
    return accessHeader.parse(decoded(COMPACT.exec(token)?.[1] ?? ''));
  } catch (cause) {
    throw invalid('malformed header', cause);
  }
}

/** What the key has signed. Synchronous: the thread pool costs as much as the signature does. */
function signedPayload(token: string, key: KeyObject): unknown {
  const [, header = '', payload = '', signature = ''] = COMPACT.exec(token) ?? [];
  const input = Buffer.from(`${header}.${payload}`);
  if (!verifySignature(null, input, key, Buffer.from(signature, 'base64url'))) throw invalid('wrong signature');
  try {
    return decoded(payload);
  } catch (cause) {
    throw invalid('malformed claims', cause);
  }
}

const decoded = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());

/** Revocations are forgotten after the longest life of a token, so a token that claims a longer one is not ours. */
function assertLifetime({ iat, nbf = iat, exp }: z.infer<typeof signedClaims>, now: Date): void {
  const seconds = now.getTime() / 1_000;
  if (exp <= iat || exp - iat > LIMITS.accessTokenSeconds) throw invalid('life too long');
  if (Math.max(iat, nbf) > seconds + CLOCK_LEEWAY_SECONDS) throw invalid('not good yet');
  if (seconds >= exp + CLOCK_LEEWAY_SECONDS) throw expired();
}

const toPrincipal = (claims: AccessClaims, token: string): Principal => ({
  userId: claims.sub,
  organizationId: claims.org,
  deviceId: claims.dev,
  sessionId: claims.sid,
  roles: claims.roles,
  amr: claims.amr,
  authenticatedAtMs: claims.auth_time * 1_000,
  isLimited: claims.lim !== undefined,
  ...(claims.scope === undefined ? {} : { scopes: scopesIn(claims.scope) }),
  keyThumbprint: claims.cnf.jkt,
  epoch: claims.epoch,
  expiresAtMs: claims.exp * 1_000,
  token,
});

/** Words of a newer release that this one does not know allow nothing here. */
const scopesIn = (text: string): Scope[] => text.split(' ').flatMap((word) => scope.safeParse(word).data ?? []);

const invalid = (reason: string, cause?: unknown): AppError =>
  new AppError('unauthenticated', 'token_invalid', reason, { cause });
const expired = (): AppError => new AppError('unauthenticated', 'token_expired');
