import { AppError } from '@relais/kernel';
import type { FallbackUsedIds } from '@relais/redis';
import type { DpopVerifier, Principal } from '@relais/security';
import type { PublicAddress } from './http/public-address.js';
import { proofChecked } from './metrics.js';

/** What a proof has to be about, as the request says it. */
export interface Proven {
  readonly method: string;
  /** The path, with or without a query. */
  readonly target: string;
  /** The Host header. */
  readonly host: string | undefined;
}

/**
 * How bad a second use would be. `repeatable`: the same request twice has the effect of one, so this replica's memory is
 * enough, and no message waits for Redis. `once`: used on one replica only. `identity`: as `once`, and while Redis is lost
 * only with a nonce of this replica, whose memory then knows every use there was.
 */
export type ReplayHarm = 'repeatable' | 'once' | 'identity';

/** Finds out whether who brings a token also has the key it is bound to, so that a stolen token is worth nothing. */
export class Possession {
  constructor(
    private readonly verifier: DpopVerifier,
    private readonly used: FallbackUsedIds,
    private readonly addresses: PublicAddress,
  ) {}

  /**
   * @throws AppError (kind `unauthenticated`) `proof_missing`; `invalid_dpop_proof`, also for one that was used before;
   *   `use_dpop_nonce`, with the nonce in its details. `overloaded` when Redis is lost and there is no room to remember more
   */
  async check(principal: Principal, proof: string | undefined, about: Proven, harm: ReplayHarm): Promise<void> {
    try {
      await this.prove(principal, proof, about, harm);
      proofChecked('ok');
    } catch (error) {
      proofChecked(AppError.from(error).code);
      throw error;
    }
  }

  private async prove(
    { token, keyThumbprint }: Principal,
    proof: string | undefined,
    { method, target, host }: Proven,
    harm: ReplayHarm,
  ): Promise<void> {
    if (proof === undefined) throw new AppError('unauthenticated', 'proof_missing');
    const isAddress = (htu: URL) => this.addresses.isOf(htu, target, host);
    const { id, goodForMs, nonce } = this.verifier.verify(proof, {
      ...{ method, isAddress, keyThumbprint },
      accessToken: token,
    });
    const use = harm === 'repeatable' ? this.used.useHere(id, goodForMs) : await this.used.use(id, goodForMs);
    if (use === 'again') throw new AppError('unauthenticated', 'invalid_dpop_proof', 'used before');
    if (use === 'full') throw new AppError('unavailable', 'overloaded', 'too many proofs', { retryAfterMs: 5_000 });
    if (use === 'first' || harm === 'repeatable') return;
    if (nonce === 'none' || (harm === 'identity' && nonce !== 'own'))
      throw this.verifier.askForNonce('the other replicas cannot be asked');
  }
}
