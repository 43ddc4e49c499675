export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/** No clock of a zone was ever put back by more. */
const PUT_BACK_MS = 3 * 60 * MINUTE_MS;

/** Since 2000, no zone has changed its clock at another time than a quarter of an hour in UTC. */
const QUARTER_MS = 15 * MINUTE_MS;
/** About a hundred days: asking the rules of time zones is slow. */
const MOST_REMEMBERED = 10_000;

/**
 * The clock on the wall of a time zone, and when it first shows something. Local times are milliseconds as if that wall
 * were in UTC.
 *
 * An hour that the clock shows twice counts the first time only, and one that it leaves out is reached when it jumps: so
 * that each local time has one instant, and later local times never have an earlier one. Shifts that begin at 02:30 then
 * neither overlap nor leave a gap on the days of change (F-43).
 */
export class LocalClock {
  private readonly format: Intl.DateTimeFormat;
  private readonly offsets = new Map<number, number>();

  /** @throws RangeError for a zone that nobody knows */
  constructor(timeZone: string) {
    this.format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, calendar: 'iso8601', numberingSystem: 'latn', hourCycle: 'h23' },
      ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
  }

  /** The latest local time that was on the wall until now. Never goes back. */
  reached(at: number): number {
    const [offset, before] = [this.offset(at), this.offset(at - PUT_BACK_MS)];
    if (before <= offset) return at + offset;
    const putBackAt = firstAfter(at - PUT_BACK_MS, at, (instant) => this.offset(instant) === offset);
    return Math.max(at + offset, putBackAt - 1 + before);
  }

  /** The first instant at which this local time is reached. */
  instantOf(local: number): number {
    const before = this.offset(local - DAY_MS);
    if (before === this.offset(local + DAY_MS)) return local - before;
    return firstAfter(local - DAY_MS, local + DAY_MS, (instant) => this.reached(instant) >= local);
  }

  private offset(at: number): number {
    const quarter = Math.floor(at / QUARTER_MS);
    const known = this.offsets.get(quarter);
    if (known !== undefined) return known;
    if (this.offsets.size >= MOST_REMEMBERED) this.offsets.clear();
    const offset = this.ask(quarter * QUARTER_MS);
    this.offsets.set(quarter, offset);
    return offset;
  }

  private ask(at: number): number {
    const part: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of this.format.formatToParts(at)) part[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - at;
  }
}

/** The first instant after `low`, at `high` at the latest, from which on something holds. */
function firstAfter(low: number, high: number, holds: (instant: number) => boolean): number {
  let [no, yes] = [low, high];
  while (yes - no > 1) {
    const middle = Math.floor((no + yes) / 2);
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}

const clocks = new Map<string, LocalClock>();

/** One for each zone, because making one is slow; there are a few hundred zones. */
export function clockOf(timeZone: string): LocalClock {
  const known = clocks.get(timeZone);
  if (known) return known;
  const clock = new LocalClock(timeZone);
  clocks.set(timeZone, clock);
  return clock;
}

export function isTimeZone(name: string): boolean {
  try {
    clockOf(name);
    return true;
  } catch {
    return false;
  }
}

const localDay = (local: number): number => Math.floor(local / DAY_MS);

/** 1 is Monday. */
const weekdayOf = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1;

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

export interface Span {
  from: number;
  to: number;
}

interface Hours {
  days: readonly number[];
  from: string;
  to: string;
}

/** These hours on each of so many local days from the day of `local` on, in local time. */
export function* spansAround(
  local: number,
  { days, from, to }: Hours,
  [first, last]: readonly [number, number],
): Generator<Span, void> {
  const today = localDay(local);
  const [begins, ends] = [minutesOf(from), minutesOf(to)];
  const lastsMs = (ends > begins ? ends - begins : ends - begins + 24 * 60) * MINUTE_MS;
  for (let day = today + first; day <= today + last; day++)
    if (days.includes(weekdayOf(day))) {
      const at = day * DAY_MS + begins * MINUTE_MS;
      yield { from: at, to: at + lastsMs };
    }
}
