import { createPublicKey, type KeyObject } from 'node:crypto';
import { type DatedRevocation, LIMITS, type publicJwk } from '@relais/contracts';
import { type Clock, SystemClock } from '@relais/kernel';
import type { z } from 'zod';
import type { Principal } from './principal.js';

export type PublicJwk = z.infer<typeof publicJwk>;
export type RevocationListener = (revocations: readonly DatedRevocation[]) => void;
type Revocable = Pick<Principal, 'organizationId' | 'userId' | 'deviceId' | 'sessionId' | 'epoch'>;

/** Tokens are accepted this long past their end, because clocks differ. */
export const CLOCK_LEEWAY_SECONDS = 5;
/** After this no token older than the revocation can still be alive. */
const REMEMBER_MS = (LIMITS.accessTokenSeconds + CLOCK_LEEWAY_SECONDS + 60) * 1_000;

interface Remembered {
  epoch: number;
  seenAtMs: number;
}

/** What this replica trusts: the keys auth signs with, pinned by id, and who has been put out lately. */
export class TrustStore {
  private keys = new Map<string, KeyObject>();
  private readonly revocations = new Map<string, Remembered>();
  private readonly listeners = new Set<RevocationListener>();
  private refreshedAtMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly clock: Clock = new SystemClock()) {}

  /**
   * Replaces the pinned keys; tokens of a key that is no longer there are refused at once. Keys arrive with each
   * full answer of auth and with nothing else, so this is also what `staleMs` counts from.
   *
   * @throws Error when a key is not an Ed25519 key; the earlier keys then stay.
   */
  applyKeys(keys: readonly PublicJwk[]): void {
    this.keys = new Map(keys.map((jwk) => [jwk.kid, createPublicKey({ key: { ...jwk }, format: 'jwk' })]));
    this.refreshedAtMs = this.clock.now().getTime();
  }

  hasKeys(): boolean {
    return this.keys.size > 0;
  }

  key(kid: string): KeyObject | undefined {
    return this.keys.get(kid);
  }

  /** Adds revocations and tells the listeners those that are new. In any order, any number of times. */
  applyRevocations(revocations: readonly DatedRevocation[]): void {
    const seenAtMs = this.clock.now().getTime();
    const fresh = revocations.filter(({ subjectId, epoch }) => epoch > (this.revocations.get(subjectId)?.epoch ?? 0));
    for (const { subjectId, epoch } of revocations) {
      const known = this.revocations.get(subjectId)?.epoch ?? 0;
      this.revocations.set(subjectId, { epoch: Math.max(known, epoch), seenAtMs });
    }
    this.forgetOld(seenAtMs);
    if (fresh.length > 0) for (const listener of this.listeners) listener(fresh);
  }

  /** Calls back with every new revocation, until the returned function is called. */
  onRevoked(listener: RevocationListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Whether the organization, user, device or session was put out after the token was issued. */
  isRevoked({ organizationId, userId, deviceId, sessionId, epoch }: Revocable): boolean {
    return (
      this.isPast(sessionId, epoch) ||
      this.isPast(deviceId, epoch) ||
      this.isPast(userId, epoch) ||
      this.isPast(organizationId, epoch)
    );
  }

  /** Milliseconds since auth was last asked with success; infinite before the first time. */
  staleMs(): number {
    return this.clock.now().getTime() - this.refreshedAtMs;
  }

  private isPast(subjectId: string, epoch: number): boolean {
    const revocation = this.revocations.get(subjectId);
    return revocation !== undefined && epoch < revocation.epoch;
  }

  private forgetOld(nowMs: number): void {
    for (const [subjectId, { seenAtMs }] of this.revocations)
      if (nowMs - seenAtMs > REMEMBER_MS) this.revocations.delete(subjectId);
  }
}
