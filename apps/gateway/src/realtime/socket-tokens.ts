import { readMyHeads } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import type { Principal, TokenVerifier } from '@relais/security';
import type { Possession } from '../possession.js';
import type { Connection } from './connection.js';
import { encodeFrame } from './frames.js';
import { REALTIME_PATH } from './upgrade.js';

/** A token as it is shown on a socket, with the proof that its key is there. */
export interface ShownToken {
  readonly token: string;
  readonly proof?: string | undefined;
}

/** Checks the tokens that clients show on their sockets. */
export class SocketTokens {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly possession: Possession,
  ) {}

  /** Whether a token that was good a while ago still is. @throws AppError what the verifier throws */
  async assertHolds({ token }: Principal): Promise<void> {
    await this.verifier.verify(token, readMyHeads);
  }

  /**
   * Who may listen in the name of this token. A client that needs a nonce for its proof is told one on the socket.
   *
   * @throws AppError what the verifier and `Possession` throw
   */
  async verify(connection: Connection, { token, proof }: ShownToken): Promise<Principal> {
    const principal = await this.verifier.verify(token, readMyHeads);
    const about = { method: 'GET', target: REALTIME_PATH, host: connection.host };
    try {
      await this.possession.check(principal, proof, about, 'once');
    } catch (thrown) {
      const { code, details } = AppError.from(thrown);
      const nonce = details?.['nonce'];
      if (code === 'use_dpop_nonce' && typeof nonce === 'string')
        connection.send(encodeFrame({ type: 'nonce', nonce }), 'message');
      throw thrown;
    }
    return principal;
  }
}
