import { AppError } from '@relais/kernel';

/** What there is to say of each, and what has failed first. */
export interface BroughtEach<Kept> {
  kept: Kept[];
  failure?: unknown;
}

/**
 * Brings one after the other into the state that it has to be in. One that fails holds up none of the others; of it is said what was
 * said before.
 *
 * @throws AppError `leadership_lost`: then nothing more is tried
 */
export async function bringEach<Wanted, Kept>(
  all: readonly Wanted[],
  beforeOf: (one: Wanted) => Kept | undefined,
  bring: (one: Wanted, before: Kept | undefined) => Promise<Kept>,
): Promise<BroughtEach<Kept>> {
  const kept: Kept[] = [];
  const failures: unknown[] = [];
  for (const one of all) {
    const before = beforeOf(one);
    try {
      kept.push(await bring(one, before));
    } catch (error) {
      if (AppError.from(error).code === 'leadership_lost') throw error;
      failures.push(error);
      if (before) kept.push(before);
    }
  }
  return { kept, ...(failures.length > 0 && { failure: failures[0] }) };
}
