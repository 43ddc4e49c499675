import type { BucketSize } from './token-bucket.js';

/** How often, by whom. `capacity` is the burst, `refillPerSecond` what may go on for ever. */
export const LIMIT_TABLE = {
  /**
   * Attempts to log in, join or found, and password changes. Not counted by the account that is named: a stranger would keep
   * its bucket empty, and lock its person out everywhere. Auth counts tries per account, but for devices it knows (P-15).
   */
  loginPerAddress: { capacity: 30, refillPerSecond: 0.5 },
  /** The same for who has a token, so that nobody else can spend it. */
  loginPerUser: { capacity: 10, refillPerSecond: 1 / 6 },
  /** Whoever has no token is known by address only; offices share one. */
  publicPerAddress: { capacity: 600, refillPerSecond: 50 },
  readPerUser: { capacity: 120, refillPerSecond: 20 },
  writePerUser: { capacity: 60, refillPerSecond: 10 },
  connectPerAddress: { capacity: 600, refillPerSecond: 50 },
  connectPerDevice: { capacity: 20, refillPerSecond: 0.5 },
  appendPerUser: { capacity: 100, refillPerSecond: 20 },
  appendPerConversation: { capacity: 200, refillPerSecond: 40 },
  syncPerUser: { capacity: 60, refillPerSecond: 5 },
  typingPerUser: { capacity: 5, refillPerSecond: 1 },
  /** Frames of any kind: past the first the requests among them are refused, past the second the socket is closed. */
  framesPerSocket: { capacity: 400, refillPerSecond: 100 },
  floodPerSocket: { capacity: 2_000, refillPerSecond: 300 },
} as const satisfies Record<string, BucketSize>;

export type LimitName = keyof typeof LIMIT_TABLE;

/** The bucket's size under RATE_LIMIT_FACTOR. */
export const limitOf = (name: LimitName, factor: number): BucketSize => ({
  capacity: Math.max(1, Math.floor(LIMIT_TABLE[name].capacity * factor)),
  refillPerSecond: LIMIT_TABLE[name].refillPerSecond * factor,
});
