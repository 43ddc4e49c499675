import { AppError } from '@relais/kernel';
import type { Term } from '../leader/elector.js';
import { type Condition, conditionsSince, type Said } from './conditions.js';
import type { Outcome } from './keeper.js';
import type { KubernetesApi } from './kubernetes-api.js';
import { type Failure, notReady } from './ready-conditions.js';
import type { Recorder } from './recorder.js';
import { assertNotFenced, changeStatus, type Reported, type WrittenStatus } from './status.js';

/** As every kind of ours has it, beside what is its own. */
export interface ConditionedStatus extends WrittenStatus {
  observedGeneration?: number;
  conditions?: Condition[];
}

/** An object of a kind with such a status. */
export interface Conditioned<Done> extends Reported {
  status?: ConditionedStatus & Partial<Done>;
}

/** What there is to say of an object that is as it has to be; `Ready` comes first. */
export interface Brought<Done> {
  done: Done;
  said: readonly [Said, ...Said[]];
  /** What of it was not done: this is said instead. */
  failure?: Failure;
}

/** How objects of a kind are brought into the state that they ask for. Doing it twice is doing it once. */
export interface Bringing<T, Done> {
  readonly api: KubernetesApi;
  readonly term: Term;
  readonly recorder: Recorder;
  bring(object: T): Promise<Brought<Done>>;
  failureOf(error: unknown): Failure;
}

/**
 * Brings an object into the state that it asks for, writes into its status what came of it, and tells of it where it is news.
 *
 * @throws AppError `leadership_lost`, and what the API server says about the object itself
 */
export async function reconcile<T extends Conditioned<Done>, Done extends object>(
  how: Bringing<T, Done>,
  path: string,
): Promise<Outcome> {
  const { api, term } = how;
  const object = await api.get<T>(path);
  if (!object || object.metadata.deletionTimestamp) return 'gone';
  assertNotFenced(term, object);
  const { done, said, failure } = await attempt(how, object);
  await report(how, path, object, { done, said: failure ? notReady(failure) : said });
  if (!failure) return 'ready';
  return failure.isFinal ? 'stalled' : 'failing';
}

async function attempt<T, Done>(how: Bringing<T, Done>, object: T): Promise<Brought<Partial<Done>>> {
  try {
    return await how.bring(object);
  } catch (error) {
    if (how.term.signal.aborted || AppError.from(error).code === 'leadership_lost') throw error;
    const failure = how.failureOf(error);
    return { done: {}, said: notReady(failure), failure };
  }
}

async function report<T extends Conditioned<Done>, Done extends object>(
  how: Bringing<T, Done>,
  path: string,
  object: T,
  { done, said }: Brought<Partial<Done>>,
): Promise<void> {
  const observedGeneration = object.metadata.generation ?? 0;
  const decide = ({ status }: T): T['status'] => ({
    ...{ ...status, ...done, observedGeneration },
    conditions: conditionsSince(said, status?.conditions, observedGeneration, how.api.now()),
  });
  const before = object.status?.conditions?.find(({ type }) => type === 'Ready');
  await changeStatus<T>(how, path, decide, object);
  const [{ status, reason, message }] = said;
  if (before?.reason === reason && before.message === message) return;
  await how.recorder.say(object, status === 'True' ? 'Normal' : 'Warning', reason, message);
}
