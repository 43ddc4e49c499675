import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '@relais/observability';
import type { Led } from '../leader/lead-all.js';
import type { Term } from '../leader/elector.js';
import { type Kind, reconciled } from '../metrics.js';
import { Backoff } from './backoff.js';
import { Collection } from './collection.js';
import type { KubernetesApi } from './kubernetes-api.js';
import type { KubernetesObject } from './objects.js';

export type Outcome = 'gone' | 'ready' | 'failing' | 'stalled';
export type States = Readonly<Record<Exclude<Outcome, 'gone'>, number>>;

/** What a term does with the objects of a kind. */
export interface Work<T> {
  /** Before each look at all of them. Does not throw. */
  begin?(): Promise<void>;
  /** Brings one into the state that it asks for. What it throws is tried again. */
  reconcile(path: string, object: T): Promise<Outcome>;
  /** After each, with all that the watch has told of. Does not throw. */
  finish?(objects: readonly T[]): Promise<void>;
  /** When the term is over. */
  close(): Promise<void>;
}

export interface KeeperOptions<T> {
  api: KubernetesApi;
  kind: Kind;
  /** The plural, as paths and metrics have it. */
  resource: string;
  namespaces: readonly string[];
  pathOf(namespace: string): string;
  /** Opens what a term needs. */
  open(term: Term): Work<T>;
  /** Told how they stand, after each look, and that there are none when the term is over. */
  standing(states: States): void;
  /** Longest pause between looks at everything, ms. */
  lookMs: number;
  log: Log;
}

/** After something that cannot be helped by looking at once: ms. */
const SHORTEST_MS = 100;
const NONE: States = { ready: 0, failing: 0, stalled: 0 };

/**
 * Watches the objects of a kind in its namespaces always, and brings them into the state that they ask for while it leads: after
 * each change, and all of them every `lookMs`. What fails is tried again later each time, and at once when it was changed.
 */
export class Keeper<T extends KubernetesObject> implements Led {
  private readonly collections: Collection<T>[];
  private readonly outcomes = new Map<string, Outcome>();
  private wake = new AbortController();

  constructor(private readonly options: KeeperOptions<T>) {
    const { api, namespaces, pathOf, resource, log } = options;
    const changed = () => this.wake.abort();
    this.collections = namespaces.map(
      (namespace) => new Collection({ api, path: pathOf(namespace), resource, changed, log }),
    );
  }

  start(): void {
    for (const collection of this.collections) collection.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.collections.map((collection) => collection.stop()));
  }

  /** The work of a leader, until its term is over. */
  async lead(term: Term): Promise<void> {
    const { open, lookMs, standing } = this.options;
    const work = open(term);
    const backoff = new Backoff();
    try {
      while (!term.signal.aborted) {
        // Before the look: what changes during it is looked at again.
        this.wake = new AbortController();
        await this.look(term, work, backoff);
        const signal = AbortSignal.any([term.signal, this.wake.signal]);
        const waitMs = Math.max(SHORTEST_MS, Math.min(lookMs, backoff.nextMs));
        await pause(waitMs, undefined, { signal }).catch(() => undefined);
      }
    } finally {
      standing(NONE);
      await work.close();
    }
  }

  private get objects(): T[] {
    return this.collections.flatMap(({ items }) => items).filter(({ metadata }) => !metadata.deletionTimestamp);
  }

  private async look(term: Term, work: Work<T>, backoff: Backoff): Promise<void> {
    const { objects } = this;
    const uids = new Set(objects.map(({ metadata }) => String(metadata.uid)));
    backoff.keep(uids);
    for (const uid of this.outcomes.keys()) if (!uids.has(uid)) this.outcomes.delete(uid);
    await work.begin?.();
    for (const object of objects) {
      const { uid = '', generation } = object.metadata;
      if (term.signal.aborted) return;
      if (!backoff.isDue(uid, generation)) continue;
      const outcome = await this.reconcile(work, object);
      this.outcomes.set(uid, outcome);
      if (isWell(outcome)) backoff.succeeded(uid);
      else backoff.failed(uid, generation, { isFinal: outcome === 'stalled' });
    }
    this.options.standing(this.states());
    await work.finish?.(this.objects);
  }

  private async reconcile(work: Work<T>, object: T): Promise<Outcome> {
    const { name, namespace = '' } = object.metadata;
    const { kind, resource, pathOf, log } = this.options;
    const startedMs = performance.now();
    const done = (result: 'ok' | 'failed') => reconciled(kind, result, performance.now() - startedMs);
    try {
      const outcome = await work.reconcile(`${pathOf(namespace)}/${name}`, object);
      done(isWell(outcome) ? 'ok' : 'failed');
      return outcome;
    } catch (error) {
      done('failed');
      log.warn({ event: 'keeper.reconcile_failed', subject: resource, error });
      return 'failing';
    }
  }

  private states(): States {
    const all = [...this.outcomes.values()];
    const of = (outcome: Outcome) => all.filter((one) => one === outcome).length;
    return { ready: of('ready'), failing: of('failing'), stalled: of('stalled') };
  }
}

const isWell = (outcome: Outcome): boolean => outcome === 'ready' || outcome === 'gone';
