import type { Term } from './elector.js';

export interface Led {
  /** Ends when the term's signal comes. */
  lead(term: Term): Promise<void>;
}

/**
 * The work of a leader that has several parts. When one of them ends, the others have to, and it is over when the last one is: the
 * lease is given back with nothing under way.
 *
 * @throws what the first part threw that failed
 */
export async function leadAll(parts: readonly Led[], term: Term): Promise<void> {
  const over = new AbortController();
  const each: Term = {
    ...{ lease: term.lease, number: term.number, assertHeld: () => term.assertHeld() },
    signal: AbortSignal.any([term.signal, over.signal]),
  };
  const work = parts.map((part) => part.lead(each).finally(() => over.abort()));
  await Promise.allSettled(work);
  await Promise.all(work);
}
