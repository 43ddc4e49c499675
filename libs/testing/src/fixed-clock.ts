import { Clock } from '@relais/kernel';

/** A clock that stands still until it is told to go on. */
export class FixedClock extends Clock {
  constructor(private current = new Date('2026-11-23T12:00:00.000Z')) {
    super();
  }

  now(): Date {
    return new Date(this.current);
  }

  /** Goes on by this much; negative values turn it back. */
  advance(milliseconds: number): void {
    this.current = new Date(this.current.getTime() + milliseconds);
  }
}
