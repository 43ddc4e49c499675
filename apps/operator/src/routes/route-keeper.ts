import type { Log } from '@relais/observability';
import { Keeper, type Outcome, type Work } from '../kubernetes/keeper.js';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.js';
import { reconcile } from '../kubernetes/reconcile.js';
import { Recorder } from '../kubernetes/recorder.js';
import type { Term } from '../leader/elector.js';
import { routesAre } from '../metrics.js';
import { type AlertRoute, routesOf } from './alert-route.js';
import type { OwnSources } from './own-sources.js';
import { type Known, RouteReconciler } from './route-reconciler.js';
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

/** Keeps the sources and Secrets of the AlertRoutes of its namespaces while it leads. */
export const routeKeeper = (options: RouteOptions): Keeper<AlertRoute> =>
  new Keeper<AlertRoute>({
    ...options,
    ...{ kind: 'AlertRoute', resource: 'alertroutes', pathOf: routesOf, standing: routesAre },
    open: (term) => new RouteWork(options, term, options.openSources()),
  });

/**
 * The work of a term. Sources of the bot that no route has any more are deleted, after all namespaces were read anew: a watch may
 * be behind, a reading is not.
 */
class RouteWork implements Work<AlertRoute> {
  private known: Known = new Map();

  constructor(
    private readonly options: RouteOptions,
    private readonly term: Term,
    private readonly sources: OwnSources,
  ) {}

  async begin(): Promise<void> {
    try {
      this.known = new Map((await this.sources.list()).map((source) => [source.id as string, source]));
    } catch (error) {
      this.options.log.warn({ event: 'routes.sources_unknown', error });
      this.known = error as Error;
    }
  }

  reconcile(path: string): Promise<Outcome> {
    const { api, webhookUrl, log } = this.options;
    const recorder = new Recorder(api, log);
    return reconcile(new RouteReconciler(api, this.term, recorder, this.sources, this.known, webhookUrl), path);
  }

  async finish(routes: readonly AlertRoute[]): Promise<void> {
    if (this.known instanceof Error) return;
    const left = new Set(this.known.keys());
    for (const route of routes) left.delete(sourceIdOf(route));
    if (left.size === 0) return;
    try {
      await this.collectGarbage(left);
    } catch (error) {
      this.options.log.warn({ event: 'routes.garbage_left', error });
    }
  }

  close(): Promise<void> {
    return this.sources.close();
  }

  private async collectGarbage(left: Set<string>): Promise<void> {
    const { api, namespaces, log } = this.options;
    for (const namespace of namespaces)
      for (const route of (await api.list<AlertRoute>(routesOf(namespace))).items)
        if (!route.metadata.deletionTimestamp) left.delete(sourceIdOf(route));
    for (const id of left) {
      this.term.assertHeld();
      await this.sources.delete(id);
      log.info({ event: 'routes.source_deleted' });
    }
  }
}
