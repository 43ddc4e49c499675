import { createPublicKey, hash, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { type DevicePublicKey, devicePublicKey } from '@relais/contracts';
import { AppError, type Clock, SystemClock } from '@relais/kernel';
import { z } from 'zod';
import type { DpopNonces } from './dpop-nonces.js';
import { jwkThumbprint } from './jwk-thumbprint.js';

export const DPOP_TYPE = 'dpop+jwt';
/** How far the clock of a client may be off before it needs a nonce. */
export const PROOF_SECONDS = 30;
const MAX_PROOF_CHARACTERS = 4_096;
const KEYS_REMEMBERED = 10_000;
const COMPACT = /^([\w-]+)\.([\w-]+)\.([\w-]{86})$/;

/** Exactly these members: `jku`, `x5u`, `kid`, `crit` and a private half of the key are refused by absence. */
const proofHeader = z.strictObject({
  typ: z.literal(DPOP_TYPE),
  alg: z.literal('EdDSA'),
  jwk: devicePublicKey,
});
const proofClaims = z.object({
  jti: z.string().min(8).max(128),
  htm: z.string().max(16),
  htu: z.url().max(2_048),
  iat: z.int(),
  ath: z.string().max(64),
  nonce: z.string().max(128).optional(),
});
type ProofClaims = z.infer<typeof proofClaims>;

/** What a proof has to be about. */
export interface ProvenRequest {
  readonly method: string;
  /** Whether this is an address under which the request may have been made. */
  isAddress(htu: URL): boolean;
  readonly accessToken: string;
  /** The key that the access token is bound to: its `cnf.jkt`. */
  readonly keyThumbprint: string;
}

/** A proof that holds. Whether it was used before is for the caller to find out. */
export interface DpopProof {
  /** Of fixed length and unlike any other proof's: of the key and the proof's `jti`. */
  readonly id: string;
  /** After this long the proof would be refused for its age, so its id can be forgotten. */
  readonly goodForMs: number;
  /** `own`: with a nonce of this replica; `shared`: of another one; `none`: fresh by the client's clock alone. */
  readonly nonce: 'own' | 'shared' | 'none';
}

interface ProofKey {
  readonly key: KeyObject;
  readonly thumbprint: string;
}

/**
 * Checks DPoP proofs (RFC 9449, 4.3) made with the Ed25519 keys of devices, all but that a proof is used once.
 *
 * A client whose clock is wrong is given a nonce; with a good nonce its clock does not matter.
 */
export class DpopVerifier {
  private readonly keys = new Map<string, ProofKey>();

  constructor(
    private readonly nonces: DpopNonces,
    private readonly clock: Clock = new SystemClock(),
  ) {}

  /** @throws AppError `invalid_dpop_proof` or `use_dpop_nonce` (kind `unauthenticated`), the latter with a nonce in its details */
  verify(proof: string, request: ProvenRequest): DpopProof {
    const parts = proof.length > MAX_PROOF_CHARACTERS ? null : COMPACT.exec(proof);
    if (!parts) throw invalid('not a compact JWS');
    const [, header = '', payload = '', signature = ''] = parts;
    const { key, thumbprint } = this.keyOf(header, request.keyThumbprint);
    if (!verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')))
      throw invalid('wrong signature');
    const claims = claimsOf(payload);
    assertMeans(claims, request);
    const id = hash('sha256', `${thumbprint}\n${claims.jti}`, 'base64url');
    return { id, ...this.freshness(claims) };
  }

  /** What `use_dpop_nonce` is refused with; the client repeats the request with it. */
  askForNonce(reason: string): AppError {
    return new AppError('unauthenticated', 'use_dpop_nonce', reason, { details: { nonce: this.nonces.issue() } });
  }

  private freshness({ iat, nonce }: ProofClaims): Pick<DpopProof, 'goodForMs' | 'nonce'> {
    if (nonce !== undefined) {
      const known = this.nonces.read(nonce);
      if (!known) throw this.askForNonce('the nonce is not good any more');
      return { goodForMs: known.leftMs, nonce: known.isOwn ? 'own' : 'shared' };
    }
    const ageSeconds = this.clock.now().getTime() / 1_000 - iat;
    if (Math.abs(ageSeconds) > PROOF_SECONDS) throw this.askForNonce('the clocks differ');
    return { goodForMs: Math.ceil((PROOF_SECONDS - ageSeconds + 1) * 1_000), nonce: 'none' };
  }

  /** The header of a client is always the same, so its key is read once. Only keys of good tokens are remembered. */
  private keyOf(header: string, expected: string): ProofKey {
    const known = this.keys.get(header) ?? readKey(header);
    if (known.thumbprint !== expected) throw invalid('made with another key');
    if (this.keys.size >= KEYS_REMEMBERED && !this.keys.has(header)) {
      const oldest = this.keys.keys().next();
      if (!oldest.done) this.keys.delete(oldest.value);
    }
    this.keys.set(header, known);
    return known;
  }
}

function readKey(header: string): ProofKey {
  try {
    const { jwk } = proofHeader.parse(decoded(header));
    return { key: createPublicKey({ key: jwk, format: 'jwk' }), thumbprint: jwkThumbprint(jwk) };
  } catch (cause) {
    throw invalid('malformed header', cause);
  }
}

function claimsOf(payload: string): ProofClaims {
  try {
    return proofClaims.parse(decoded(payload));
  } catch (cause) {
    throw invalid('malformed claims', cause);
  }
}

function assertMeans({ htm, htu, ath }: ProofClaims, request: ProvenRequest): void {
  if (htm !== request.method) throw invalid('for another method');
  if (ath !== hash('sha256', request.accessToken, 'base64url')) throw invalid('for another token');
  if (!request.isAddress(new URL(htu))) throw invalid('for another address');
}

const decoded = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const invalid = (reason: string, cause?: unknown): AppError =>
  new AppError('unauthenticated', 'invalid_dpop_proof', reason, { cause });

export interface DpopSigningKey {
  readonly publicKey: DevicePublicKey;
  readonly privateKey: KeyObject;
}

/** The device's side: a proof for one request. `claims` overrides what is usual; for tests. */
export function signDpopProof(
  { publicKey: { kty, crv, x }, privateKey }: DpopSigningKey,
  { method, url, accessToken }: { method: string; url: string; accessToken: string },
  claims: Partial<ProofClaims> = {},
): string {
  const usual = {
    jti: randomBytes(16).toString('base64url'),
    htm: method,
    htu: url.split(/[?#]/, 1)[0],
    iat: Math.floor(Date.now() / 1_000),
    ath: hash('sha256', accessToken, 'base64url'),
  };
  const input = `${encoded({ typ: DPOP_TYPE, alg: 'EdDSA', jwk: { kty, crv, x } })}.${encoded({ ...usual, ...claims })}`;
  return `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`;
}
