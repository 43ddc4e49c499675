import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '@relais/observability';
import { Collection } from '../kubernetes/collection.js';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.js';
import { Recorder } from '../kubernetes/recorder.js';
import type { Term } from '../leader/elector.js';
import { reconciled, routesAre } from '../metrics.js';
import { type AlertRoute, routesOf } from './alert-route.js';
import { Backoff } from './backoff.js';
import type { OwnSources } from './own-sources.js';
import { type Known, type Outcome, RouteReconciler } from './route-reconciler.js';
import { sourceIdOf } from './route-source.js';

export interface RouteOptions {
  api: KubernetesApi;
  namespaces: readonly string[];
  /** Opens what a term needs; closed at its end. */
  openSources(): OwnSources;
  webhookUrl: string;
  /** Longest pause between looks at everything, ms. */
  lookMs: number;
  log: Log;
}

/** After something that cannot be helped by looking at once: ms. */
const SHORTEST_MS = 100;

/**
 * Watches the AlertRoutes of its namespaces always, and keeps their sources and Secrets while it leads. Sources of the bot that
 * no route has any more are deleted, after all namespaces were read anew: a watch may be behind, a reading is not.
 */
export class RouteKeeper {
  private readonly collections: Collection<AlertRoute>[];
  private wake = new AbortController();

  constructor(private readonly options: RouteOptions) {
    const { api, namespaces, log } = options;
    const changed = () => this.wake.abort();
    this.collections = namespaces.map(
      (namespace) => new Collection({ api, path: routesOf(namespace), resource: 'alertroutes', changed, log }),
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
    const sources = this.options.openSources();
    const backoff = new Backoff();
    try {
      while (!term.signal.aborted) {
        // Before the look: what changes during it is looked at again.
        this.wake = new AbortController();
        await this.look(term, sources, backoff);
        const signal = AbortSignal.any([term.signal, this.wake.signal]);
        const waitMs = Math.max(SHORTEST_MS, Math.min(this.options.lookMs, backoff.nextMs));
        await pause(waitMs, undefined, { signal }).catch(() => undefined);
      }
    } finally {
      routesAre({ ready: 0, failing: 0, stalled: 0 });
      await sources.close();
    }
  }

  private get routes(): AlertRoute[] {
    return this.collections.flatMap(({ items }) => items).filter(({ metadata }) => !metadata.deletionTimestamp);
  }

  private readonly states = new Map<string, Outcome>();

  private async look(term: Term, sources: OwnSources, backoff: Backoff): Promise<void> {
    const { routes } = this;
    const uids = new Set(routes.map(({ metadata }) => String(metadata.uid)));
    backoff.keep(uids);
    for (const uid of this.states.keys()) if (!uids.has(uid)) this.states.delete(uid);
    const known = await this.known(sources);
    for (const { metadata } of routes) {
      const { uid = '', generation, name, namespace = '' } = metadata;
      if (term.signal.aborted) return;
      if (!backoff.isDue(uid, generation)) continue;
      const outcome = await this.reconcile(term, sources, namespace, name, known);
      this.states.set(uid, outcome);
      if (outcome === 'ready' || outcome === 'gone') backoff.succeeded(uid);
      else backoff.failed(uid, generation, { isFinal: outcome === 'stalled' });
    }
    this.count();
    if (!(known instanceof Error)) await this.collectGarbage(term, sources, known);
  }

  private async known(sources: OwnSources): Promise<Known> {
    try {
      return new Map((await sources.list()).map((source) => [source.id as string, source]));
    } catch (error) {
      this.options.log.warn({ event: 'routes.sources_unknown', error });
      return error as Error;
    }
  }

  private async reconcile(
    term: Term,
    sources: OwnSources,
    namespace: string,
    name: string,
    known: Known,
  ): Promise<Outcome> {
    const { api, webhookUrl, log } = this.options;
    const startedMs = performance.now();
    const done = (result: 'ok' | 'failed') => reconciled('AlertRoute', result, performance.now() - startedMs);
    try {
      const recorder = new Recorder(api, namespace, log);
      const reconciler = new RouteReconciler(api, sources, webhookUrl, term, recorder);
      const outcome = await reconciler.reconcile(`${routesOf(namespace)}/${name}`, known);
      done(outcome === 'ready' || outcome === 'gone' ? 'ok' : 'failed');
      return outcome;
    } catch (error) {
      done('failed');
      log.warn({ event: 'routes.reconcile_failed', error });
      return 'failing';
    }
  }

  private async collectGarbage(term: Term, sources: OwnSources, known: ReadonlyMap<string, unknown>): Promise<void> {
    const wanted = new Set(this.routes.map(sourceIdOf));
    if ([...known.keys()].every((id) => wanted.has(id))) return;
    const { api, namespaces, log } = this.options;
    try {
      for (const namespace of namespaces)
        for (const route of (await api.list<AlertRoute>(routesOf(namespace))).items)
          if (!route.metadata.deletionTimestamp) wanted.add(sourceIdOf(route));
      for (const id of known.keys()) {
        if (wanted.has(id)) continue;
        term.assertHeld();
        await sources.delete(id);
        log.info({ event: 'routes.source_deleted' });
      }
    } catch (error) {
      log.warn({ event: 'routes.garbage_left', error });
    }
  }

  private count(): void {
    const states = [...this.states.values()];
    const of = (state: Outcome) => states.filter((one) => one === state).length;
    routesAre({ ready: of('ready'), failing: of('failing'), stalled: of('stalled') });
  }
}
