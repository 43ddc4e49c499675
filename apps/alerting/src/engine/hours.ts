import type { EscalationStep } from '@relais/contracts';
import { row, type Tx } from '@relais/database';

type Hours = NonNullable<EscalationStep['hours']>;

/** Whether it is within these hours now, by the database's clock and its rules of time zones and daylight saving. */
export async function isWithin(tx: Tx, { timeZone, days, from, to }: Hours): Promise<boolean> {
  const found = await row<{ day: number; before: number; time: string }>(
    tx,
    `SELECT extract(isodow FROM l)::int AS day, extract(isodow FROM l - interval '1 day')::int AS before,
       to_char(l, 'HH24:MI') AS time FROM (SELECT clock_timestamp() AT TIME ZONE $1 AS l) z`,
    [timeZone],
  );
  return found !== null && covers({ days, from, to }, found);
}

/** Hours that do not end after they begin go over midnight and belong to the day on which they began. */
export function covers(
  { days, from, to }: Pick<Hours, 'days' | 'from' | 'to'>,
  now: { day: number; before: number; time: string },
): boolean {
  if (from < to) return days.includes(now.day) && now.time >= from && now.time < to;
  return (days.includes(now.day) && now.time >= from) || (days.includes(now.before) && now.time < to);
}
