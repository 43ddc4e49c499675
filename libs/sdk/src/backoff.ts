/** How long to wait between attempts. `random` gives [0, 1) and may be replaced to make tests deterministic. */
export interface Backoff {
  baseMs: number;
  capMs: number;
  random: () => number;
}

export const DEFAULT_BACKOFF: Backoff = { baseMs: 1_000, capMs: 60_000, random: Math.random };

/** No server, however confused, may send a client away for longer than this. */
const MAX_RETRY_AFTER_MS = 10 * 60_000;

/**
 * Full jitter: anywhere between 0 and `base × 2^attempt`, at most `cap`; on top of what the server asked for, so that
 * clients told the same Retry-After do not come back together. `attempt` counts from 0.
 */
export function backoffMs(backoff: Backoff, attempt: number, retryAfterMs = 0): number {
  const ceiling = Math.min(backoff.capMs, backoff.baseMs * 2 ** Math.min(attempt, 30));
  return Math.round(askedMs(retryAfterMs) + backoff.random() * ceiling);
}

/** What the server asked for, within reason. */
export const askedMs = (retryAfterMs: number): number => Math.min(Math.max(retryAfterMs, 0), MAX_RETRY_AFTER_MS);
