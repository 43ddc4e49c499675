import type { ProbeProblem } from '@relais/contracts';

/** What was looked at is not well. */
export class ProbeFailure extends Error {
  override readonly name = 'ProbeFailure';

  constructor(
    readonly problem: ProbeProblem,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}
