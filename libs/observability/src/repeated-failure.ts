import type { Log } from './logger.js';

const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 300_000;

export interface FailureEvents {
  level: 'warn' | 'error';
  failed: string;
  recovered: string;
}

/**
 * What a loop says of a failure that it meets in every round: the first at once, then one after 10 s, 20 s, 40 s and so on
 * up to one in five minutes, each with how many there were so far, and one line when a round goes well again.
 */
export class RepeatedFailure {
  private count = 0;
  private sinceMs = 0;
  private nextMs = 0;
  private pauseMs = FIRST_PAUSE_MS;

  constructor(
    private readonly log: Log,
    private readonly events: FailureEvents,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  failed(error: unknown): void {
    const nowMs = this.nowMs();
    if (this.count++ === 0) this.begin(nowMs);
    if (nowMs < this.nextMs) return;
    const { level, failed } = this.events;
    this.log[level]({ event: failed, count: this.count, durationMs: Math.round(nowMs - this.sinceMs), error });
    this.nextMs = nowMs + this.pauseMs;
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
  }

  /** A round went well; costs nothing when the one before did, too. */
  succeeded(): void {
    if (this.count === 0) return;
    const durationMs = Math.round(this.nowMs() - this.sinceMs);
    this.log.info({ event: this.events.recovered, count: this.count, durationMs });
    this.count = 0;
  }

  private begin(nowMs: number): void {
    this.sinceMs = nowMs;
    this.nextMs = nowMs;
    this.pauseMs = FIRST_PAUSE_MS;
  }
}
