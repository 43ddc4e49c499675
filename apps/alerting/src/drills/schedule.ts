import type { DrillSchedule } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import { Cron } from 'croner';

type When = Pick<DrillSchedule, 'cron' | 'timeZone'>;

/** Seconds from now until a drill is due, or null when none ever is. @throws AppError `bad_schedule` */
export function secondsToNext(when: When, nowMs: number): number | null {
  const next = patternOf(when).nextRun(new Date(nowMs));
  return next === null ? null : Math.max(1, (next.getTime() - nowMs) / 1_000);
}

function patternOf({ cron, timeZone }: When): Cron {
  try {
    const pattern = new Cron(cron, { timezone: timeZone, mode: '5-part', paused: true });
    pattern.nextRun();
    return pattern;
  } catch (cause) {
    throw new AppError('invalid', 'bad_schedule', undefined, {
      says: 'expected five fields as in crontab, such as "0 10 * * 2", and a time zone',
      cause,
    });
  }
}
