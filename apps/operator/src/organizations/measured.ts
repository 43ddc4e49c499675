import type { PeopleQuota } from '@relais/contracts';
import type { MeasuredPeople } from './organization.js';

/** So often at most the time alone is news: each is a write. */
const FRESH_MS = 300_000;

/** What was read, with the time of the reading before where nothing has changed since and that is not long ago. */
export function measured(
  { people, maxPeople }: PeopleQuota,
  before: MeasuredPeople | undefined,
  at: Date,
): MeasuredPeople {
  const read = { active: people, ...(maxPeople !== null && { max: maxPeople }) };
  const isSame = before?.active === read.active && before.max === read.max;
  const isFresh = before !== undefined && at.getTime() - Date.parse(before.readAt) < FRESH_MS;
  return { ...read, readAt: isSame && isFresh ? before.readAt : at.toISOString() };
}
