import type { StoredEntry } from './entry-store.js';

/** What one answer carries at the most, well within what NATS lets pass (1 MB); one entry alone always fits. */
const MAX_PAGE_BYTES = 600 * 1_024;
/** Ids, times and braces around a body. */
const ENTRY_BYTES = 350;

/** The first entries that fit into one answer together. */
export function fitting(stored: readonly StoredEntry[]): StoredEntry[] {
  let bytes = 0;
  const end = stored.findIndex(({ body }) => (bytes += ENTRY_BYTES + (body?.length ?? 0)) > MAX_PAGE_BYTES);
  return end === -1 ? [...stored] : stored.slice(0, Math.max(1, end));
}

/** The last ones, for reading backwards. */
export const fittingFromEnd = (stored: readonly StoredEntry[]): StoredEntry[] =>
  fitting(stored.toReversed()).toReversed();
