import type { EntryKind } from '@relais/contracts';

/** What people say: content that an organization keeps for a time. The other lines stay as long as their conversation. */
export const SAID: ReadonlySet<EntryKind> = new Set(['message', 'edit', 'reaction']);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** So long what a shorter period has ended stays on the disks, hidden, in case that it was a mistake. */
export const GRACE_MS = 12 * HOUR_MS;

/** The end of what was recorded at that time, or of what changes an entry of that time. */
export const keptUntil = (recordedAt: Date, keepDays: number): Date =>
  new Date(recordedAt.getTime() + keepDays * DAY_MS);
