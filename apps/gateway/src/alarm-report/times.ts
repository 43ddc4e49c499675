import { AppError } from '@relais/kernel';

export interface Times {
  zone: string;
  /** In the zone, with UTC beside it; a dash for what has not happened. Safe in HTML. */
  show(at: string | undefined): string;
}

const FORM = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
};

/** @throws AppError `unknown_time_zone` */
export function timesIn(timeZone: string): Times {
  const format = formatIn(timeZone);
  const utc = (at: string): string => at.slice(11, 19);
  return {
    zone: format.resolvedOptions().timeZone,
    show: (at) => (at === undefined ? '—' : `${format.format(new Date(at))} <small>${utc(at)} UTC</small>`),
  };
}

function formatIn(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('sv-SE', { ...(FORM as Intl.DateTimeFormatOptions), timeZone });
  } catch {
    throw new AppError('invalid', 'unknown_time_zone', 'no such time zone; one is Europe/Berlin');
  }
}
