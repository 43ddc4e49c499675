import { AppError } from '@relais/kernel';
import type { Term } from '../src/leader/elector.js';

/** A term that a test ends. */
export class TestTerm implements Term {
  private readonly over = new AbortController();
  readonly signal = this.over.signal;

  constructor(
    readonly number: number,
    readonly lease = 'lease',
  ) {}

  end(): void {
    this.over.abort();
  }

  assertHeld(): void {
    if (this.signal.aborted) throw new AppError('unavailable', 'leadership_lost');
  }
}
