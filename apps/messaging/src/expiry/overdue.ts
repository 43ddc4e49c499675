/** What a look has seen holds for so long. */
const FRESH_MS = 5 * 60_000;

/**
 * For how long the oldest content has been overdue, as of the last look. Where that is more than five minutes ago, be it that looking
 * fails or that a round of clearing takes so long, it counts on: so long it may be by now.
 */
export class Overdue {
  private seenSeconds = 0;
  private seenAtMs: number;

  /** `nowMs` is a clock that never goes back. */
  constructor(private readonly nowMs: () => number = () => performance.now()) {
    this.seenAtMs = nowMs();
  }

  saw(seconds: number): void {
    this.seenSeconds = seconds;
    this.seenAtMs = this.nowMs();
  }

  get seconds(): number {
    const sinceMs = this.nowMs() - this.seenAtMs;
    return this.seenSeconds + (sinceMs > FRESH_MS ? sinceMs / 1_000 : 0);
  }
}
