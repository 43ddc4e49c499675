import type { AlarmSourceSettings } from '@relais/contracts';
import { Cron } from 'croner';

type Schedule = Pick<Extract<AlarmSourceSettings, { kind: 'schedule' }>, 'cron' | 'at' | 'timeZone'>;

/**
 * When it raises next, strictly after this; null when it never does again, or its expression cannot be read. A time that a day
 * does not have, because clocks are put forward, comes when they are; one that it has twice comes once.
 */
export function occurrenceAfter({ cron, at, timeZone }: Schedule, after: Date): Date | null {
  if (at !== undefined) return new Date(at) > after ? new Date(at) : null;
  try {
    return new Cron(cron ?? '', { timezone: timeZone, paused: true, mode: '5-part' }).nextRun(after);
  } catch {
    return null;
  }
}

export function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}
