import { createHmac, hash } from 'node:crypto';
import { type Clock, SystemClock } from '@relais/kernel';
import { equalsInConstantTime } from './secrets.js';

/** How long a nonce is good: long enough for a slow network, shorter than any access token it goes with. */
export const NONCE_SECONDS = 300;
/** Replicas whose clocks differ by less believe each other's nonces. */
const LEEWAY_SECONDS = 5;
const NONCE = /^([0-9a-z]{1,11})\.([\w-]{8})\.([\w-]{22})$/;

export interface DpopNoncesOptions {
  /** At least 32 bytes, the same on every replica that is to believe the others. */
  secret: Uint8Array;
  /** Names the replica, so that it knows its own nonces from those of the others. */
  replica: string;
  clock?: Clock;
}

export interface KnownNonce {
  /** For how long the nonce will still be good, in ms. */
  leftMs: number;
  /** Whether this replica gave it out, and so has seen every proof that this replica accepted with it. */
  isOwn: boolean;
}

/** Nonces for DPoP proofs (RFC 9449, 8 and 9): the server's own time under a MAC. Nothing is remembered. */
export class DpopNonces {
  private readonly secret: Uint8Array;
  private readonly mark: string;
  private readonly clock: Clock;

  constructor({ secret, replica, clock = new SystemClock() }: DpopNoncesOptions) {
    if (secret.byteLength < 32) throw new RangeError('the secret of nonces has at least 32 bytes');
    this.secret = secret;
    this.mark = hash('sha256', replica, 'base64url').slice(0, 8);
    this.clock = clock;
  }

  issue(): string {
    const text = `${this.nowSeconds().toString(36)}.${this.mark}`;
    return `${text}.${this.mac(text)}`;
  }

  /** What is known of a nonce that is good now; undefined for one that is too old, or not ours. */
  read(nonce: string): KnownNonce | undefined {
    const [, time = '', mark = '', mac = ''] = NONCE.exec(nonce) ?? [];
    if (!equalsInConstantTime(Buffer.from(mac), Buffer.from(this.mac(`${time}.${mark}`)))) return undefined;
    const ageSeconds = this.nowSeconds() - Number.parseInt(time, 36);
    if (ageSeconds < -LEEWAY_SECONDS || ageSeconds > NONCE_SECONDS) return undefined;
    return { leftMs: (NONCE_SECONDS - ageSeconds + 1) * 1_000, isOwn: mark === this.mark };
  }

  private mac(text: string): string {
    return createHmac('sha256', this.secret).update(text).digest('base64url').slice(0, 22);
  }

  private nowSeconds(): number {
    return Math.floor(this.clock.now().getTime() / 1_000);
  }
}
