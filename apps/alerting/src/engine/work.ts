import type { Tx } from '@relais/database';
import type { Hand } from '../notifications/hand.js';
import type { Timer } from './timers.postgres.js';

/**
 * Done inside the transaction that takes the timer and drops it: once, or not at all. What it takes into the hand is sent when that
 * is committed.
 *
 * @returns whether there is something else to send now
 */
export type DutyWork = (tx: Tx, timer: Timer, hand: Hand) => Promise<boolean>;

/**
 * Done after the timer was leased, outside any transaction, so that it may ask others: at least once. A repetition must do
 * what was done before once more and nothing else.
 *
 * @param signal aborted when the lease is about to end; whatever waits gives up then
 * @returns seconds until it is due again, or null when it is done for good
 */
export type ErrandWork = (timer: Timer, signal: AbortSignal) => Promise<number | null>;

export interface Work {
  duties: ReadonlyMap<string, DutyWork>;
  errands: ReadonlyMap<string, ErrandWork>;
}

type Kind = 'duties' | 'errands';
const marked = new WeakMap<object, { method: string; kind: Kind; timer: string }[]>();

/** The decorated method does what is due with timers of this kind. */
const marks =
  (kind: Kind, timer: string) =>
  (prototype: object, method: string): void =>
    void marked.set(prototype, [...(marked.get(prototype) ?? []), { method, kind, timer }]);

/** Marks a method that does what timers of this kind are for, within their transaction. */
export const Duty = (timer: string) =>
  marks('duties', timer) as <Method extends DutyWork>(
    prototype: object,
    method: string,
    descriptor: TypedPropertyDescriptor<Method>,
  ) => void;

/** Marks a method that does what timers of this kind are for, after their lease. */
export const Errand = (timer: string) =>
  marks('errands', timer) as <Method extends ErrandWork>(
    prototype: object,
    method: string,
    descriptor: TypedPropertyDescriptor<Method>,
  ) => void;

/**
 * All work that these objects do.
 *
 * @throws Error when two methods claim the same kind of timer
 */
export function workOf(owners: Iterable<object>): Work {
  const work = { duties: new Map<string, DutyWork>(), errands: new Map<string, ErrandWork>() };
  for (const owner of owners)
    for (const { method, kind, timer } of marked.get(Object.getPrototypeOf(owner) as object) ?? []) {
      if (work.duties.has(timer) || work.errands.has(timer))
        throw new Error(`two methods do timers of the kind ${timer}`);
      const does = (owner as Record<string, (...args: unknown[]) => unknown>)[method];
      if (does) work[kind].set(timer, does.bind(owner) as never);
    }
  return work;
}
