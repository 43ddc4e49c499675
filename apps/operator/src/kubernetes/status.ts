import { isDeepStrictEqual } from 'node:util';
import { AppError } from '@relais/kernel';
import type { Term } from '../leader/elector.js';
import type { KubernetesApi } from './kubernetes-api.js';
import { isCode, type KubernetesObject } from './objects.js';

const MAX_ATTEMPTS = 5;

/** In the status of each kind: a leader goes on where another ended, and none writes over a later one. */
export interface WrittenStatus {
  /** Who wrote it. */
  term?: { lease: string; number: number };
}

/** An object whose status is the operator's. */
export interface Reported extends KubernetesObject {
  status?: WrittenStatus;
}

/**
 * Reads, decides and writes the status of an object in the name of the term, anew where it has changed meanwhile. A status that says
 * what is said already is not written.
 *
 * @param seen the object as it was read before: with it nothing is read first, and nothing is written to another of its name
 * @returns the object as it is then, or null where it has gone
 * @throws AppError `leadership_lost`, also when a later term has written it; KubernetesError
 */
export async function changeStatus<T extends Reported>(
  { api, term }: { api: KubernetesApi; term: Term },
  path: string,
  decide: (object: T) => T['status'],
  seen?: T,
): Promise<T | null> {
  let object = seen ?? (await api.get<T>(path));
  for (let attempt = 1; ; attempt++) {
    if (!object || object.metadata.deletionTimestamp) return null;
    if (seen && object.metadata.uid !== seen.metadata.uid) return null;
    assertNotFenced(term, object);
    const decided = decide(object);
    if (isDeepStrictEqual(saidIn(decided), saidIn(object.status))) return object;
    const { lease, number } = term;
    term.assertHeld();
    try {
      return await api.replace<T>(`${path}/status`, { ...object, status: { ...decided, term: { lease, number } } });
    } catch (error) {
      if (!isCode(error, 409) || attempt === MAX_ATTEMPTS) throw error;
    }
    object = await api.get<T>(path);
  }
}

/** @throws AppError `leadership_lost` when a later term of the same lease has written its status */
export function assertNotFenced({ lease, number }: Term, { status }: Reported): void {
  if (status?.term?.lease === lease && status.term.number > number)
    throw new AppError('unavailable', 'leadership_lost');
}

/** As the API server keeps it, without who wrote it. */
function saidIn(status: WrittenStatus | undefined): unknown {
  const { term: _, ...said } = status ?? {};
  return JSON.parse(JSON.stringify(said));
}
