import { Clock } from '@relais/kernel';
import type { ReadinessCheck } from './health.js';
import { gauge } from './metrics.js';

const skew = gauge('relais_clock_skew_seconds', 'How far the clock of this replica is ahead of the database');

/** Beyond this a replica takes no work: its clock is in its logs, its facts and its signatures. */
export const MAX_SKEW_SECONDS = 5;
/** What took longer to ask says nothing about the time. */
const MAX_ROUND_TRIP_MS = 2_000;

/**
 * The time of whoever was asked for it last, carried on by the steady clock: neither a wrong clock of this machine nor one
 * that jumps shows in it. Until somebody was asked it is the time of this machine.
 */
export class ReferenceClock extends Clock {
  private asked: { atMs: number; steadyMs: number } | undefined;

  now(): Date {
    const { asked } = this;
    return new Date(asked ? asked.atMs + performance.now() - asked.steadyMs : Date.now());
  }

  /** What somebody answered who was asked at `askedSteadyMs` of the steady clock: they looked half way between then and now. */
  note(answeredMs: number, askedSteadyMs: number): void {
    const roundTripMs = performance.now() - askedSteadyMs;
    if (!Number.isFinite(answeredMs) || roundTripMs > MAX_ROUND_TRIP_MS) return;
    this.asked = { atMs: answeredMs + roundTripMs / 2, steadyMs: performance.now() };
    skew.set(this.skewSeconds);
  }

  /** How far this machine is ahead, s. */
  get skewSeconds(): number {
    return (Date.now() - this.now().getTime()) / 1_000;
  }

  /** Not ready where the clock of this machine is wrong. */
  readonly readiness: ReadinessCheck = {
    name: 'clock',
    check: () => {
      const seconds = this.skewSeconds;
      skew.set(seconds);
      if (Math.abs(seconds) > MAX_SKEW_SECONDS)
        throw new Error(`${Math.abs(seconds).toFixed(1)} s ${seconds > 0 ? 'ahead of' : 'behind'} the database`);
    },
  };
}
