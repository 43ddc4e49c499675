import type { Severity } from '@relais/contracts';

export type PhonePath = 'sms' | 'voice';

interface Window {
  count: number;
  seconds: number;
}

/** How often one phone is used at most. Emergencies are not held back by it, but count. */
export const WINDOWS: Readonly<Record<PhonePath, readonly Window[]>> = {
  sms: [
    { count: 5, seconds: 900 },
    { count: 11, seconds: 3_600 },
    { count: 21, seconds: 10_800 },
  ],
  voice: [
    { count: 3, seconds: 900 },
    { count: 7, seconds: 3_600 },
    { count: 15, seconds: 10_800 },
  ],
};
/** After which an earlier use does not matter any more. */
export const REMEMBERED_SECONDS = 10_800;
/** Whoever was not told for so long is told at once, however much there is to send. */
const QUIET_SECONDS = 900;

export interface Room {
  /** How many more may go there now. */
  free: number;
  /** Until there is room again, when there is none. */
  waitSeconds: number;
  /** Nothing went there lately: what comes now is the first, and is not delayed by anything. */
  isQuiet: boolean;
}

/** @param ages of the uses of a phone, in seconds */
export function roomOf(path: PhonePath, ages: readonly number[]): Room {
  const rooms = WINDOWS[path].map(({ count, seconds }) => {
    const within = ages.filter((age) => age < seconds).toSorted((a, b) => b - a);
    // There is room when so many of the oldest have left the window that one more fits in.
    const leaving = within[within.length - count];
    return { free: Math.max(0, count - within.length), waitSeconds: leaving === undefined ? 0 : seconds - leaving };
  });
  return {
    free: Math.min(...rooms.map(({ free }) => free)),
    waitSeconds: Math.ceil(Math.max(...rooms.map(({ waitSeconds }) => waitSeconds))),
    isQuiet: ages.every((age) => age >= QUIET_SECONDS),
  };
}

export interface Waiting {
  /** Of the notification. */
  id: string;
  severity: Severity;
}

/** What is done with what waits for one phone: each is sent, told of with another, or waits. */
export interface Share<One extends Waiting> {
  /** In their order; the last one tells of `bundled`, too. */
  sent: One[];
  bundled: One[];
  delayed: One[];
}

const IMPORTANCE: Readonly<Record<Severity, number>> = { emergency: 0, alarm: 1, notice: 2 };

/**
 * Shares the room of one phone out: the most important first. What does not fit is told of with the last that does; when
 * nothing does, everything waits. Nothing is dropped, and an emergency never waits.
 */
export function share<One extends Waiting>(waiting: readonly One[], { free }: Room): Share<One> {
  const ordered = waiting.toSorted((a, b) => IMPORTANCE[a.severity] - IMPORTANCE[b.severity]);
  const emergencies = ordered.filter(({ severity }) => severity === 'emergency');
  const others = ordered.slice(emergencies.length);
  if (others.length <= free) return { sent: ordered, bundled: [], delayed: [] };
  if (free > 0) return { sent: [...emergencies, ...others.slice(0, free)], bundled: others.slice(free), delayed: [] };
  return { sent: emergencies, bundled: [], delayed: others };
}
