import { AppError } from '@relais/kernel';
import { TokenBucket } from '../token-bucket.js';

/** Decides whether one more socket fits, so that a storm of them does not become the next outage. */
export class Admission {
  private readonly bucket: TokenBucket;
  private closedFor: 'draining' | 'bus_disconnected' | undefined;

  constructor(
    perSecond: number,
    private readonly maxConnections: number,
  ) {
    this.bucket = new TokenBucket({ capacity: 2 * perSecond, refillPerSecond: perSecond });
  }

  /** From now on nobody is let in; undefined opens again. Draining is for good. */
  closeFor(reason: 'draining' | 'bus_disconnected' | undefined): void {
    if (this.closedFor !== 'draining') this.closedFor = reason;
  }

  /** Who comes again later is told when, each somebody else. @throws AppError `overloaded` or why nobody is let in */
  admit(open: number): void {
    if (this.closedFor) throw refused(this.closedFor, 1_000, 4_000);
    if (open >= this.maxConnections) throw refused('overloaded', 5_000, 25_000);
    const waitMs = this.bucket.take();
    if (waitMs > 0) throw refused('overloaded', waitMs, 5_000);
  }
}

const refused = (code: string, leastMs: number, spreadMs: number): AppError =>
  new AppError('unavailable', code, undefined, { retryAfterMs: Math.round(leastMs + Math.random() * spreadMs) });
