import { AppError } from '@relais/kernel';
import { TokenBucket } from '../token-bucket.js';

/** Who refused somebody for lack of room does not ask for more so soon. */
const FULL_FOR_MS = 1_000;

/** What admission has to do with other gateways. */
export interface Others {
  /** Whether the next socket is for another gateway to take. */
  isForAnother(): boolean;
  /** This one is full from now on. */
  filled(): void;
}
const NOBODY: Others = { isForAnother: () => false, filled: () => undefined };

/** Decides whether one more socket fits, so that a storm of them does not become the next outage. */
export class Admission {
  private readonly bucket: TokenBucket;
  private closedFor: 'draining' | 'bus_disconnected' | undefined;
  private fullUntilMs = 0;

  constructor(
    perSecond: number,
    private readonly maxConnections: number,
    private readonly others: Others = NOBODY,
  ) {
    this.bucket = new TokenBucket({ capacity: 2 * perSecond, refillPerSecond: perSecond });
  }

  /** From now on nobody is let in; undefined opens again. Draining is for good. */
  closeFor(reason: 'draining' | 'bus_disconnected' | undefined): void {
    if (this.closedFor !== 'draining') this.closedFor = reason;
  }

  /** Whether somebody was refused for lack of room within the last second. */
  isFull(): boolean {
    return performance.now() < this.fullUntilMs;
  }

  /**
   * Who is refused is told when to come again, each something else.
   *
   * @throws AppError `overloaded`, `another_gateway` or why nobody is let in
   */
  admit(open: number): void {
    if (this.closedFor) throw refused(this.closedFor, 1_000, 4_000);
    if (this.others.isForAnother()) throw refused('another_gateway', 200, 800);
    if (open >= this.maxConnections) throw this.overloaded(5_000, 25_000);
    const waitMs = this.bucket.take();
    if (waitMs > 0) throw this.overloaded(waitMs, 5_000);
  }

  private overloaded(leastMs: number, spreadMs: number): AppError {
    const wasFull = this.isFull();
    this.fullUntilMs = performance.now() + FULL_FOR_MS;
    if (!wasFull) this.others.filled();
    return refused('overloaded', leastMs, spreadMs);
  }
}

const refused = (code: string, leastMs: number, spreadMs: number): AppError =>
  new AppError('unavailable', code, undefined, { retryAfterMs: Math.round(leastMs + Math.random() * spreadMs) });
