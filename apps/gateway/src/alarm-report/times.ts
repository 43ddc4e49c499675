import { AppError } from '@relais/kernel';
import { html } from './escape.js';

export interface Times {
  /** What the reader has to know of them. Safe in HTML. */
  said: string;
  /** In the zone, with UTC beside it where that is another; a dash for what has not happened. Safe in HTML. */
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
  const { timeZone: zone } = format.resolvedOptions();
  const beside = (at: string): string => (zone === 'UTC' ? '' : ` <small>${at.slice(11, 19)} UTC</small>`);
  return {
    said: `${html(zone)}${zone === 'UTC' ? '' : ', with UTC beside them'}; of the server`,
    show: (at) => (at === undefined ? '—' : `${format.format(new Date(at))}${beside(at)}`),
  };
}

function formatIn(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('sv-SE', { ...(FORM as Intl.DateTimeFormatOptions), timeZone });
  } catch {
    throw new AppError('invalid', 'unknown_time_zone', undefined, {
      says: 'no such time zone; one is Europe/Berlin',
    });
  }
}
