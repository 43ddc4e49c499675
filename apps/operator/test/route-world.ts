import type { KubeServers } from '@relais/kube-api';
import { newId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import type { KubernetesApi } from '../src/kubernetes/kubernetes-api.js';
import { routesOf } from '../src/routes/alert-route.js';
import { MemoryOwnSources } from '../src/routes/own-sources.memory.js';
import { routeKeeper } from '../src/routes/route-keeper.js';
import { ObjectsWorld } from './objects-world.js';
import { TestTerm } from './test-term.js';

export const POLICY = newId<string>();
const LOOK_MS = 300;
/** So many looks later, what failed once has been tried again. */
export const AGAIN = 3_000 / LOOK_MS;

/** AlertRoutes, an API with sources, and leaders that look after them. */
export class RouteWorld extends ObjectsWorld {
  readonly sources = new MemoryOwnSources();

  static async open(servers: KubeServers): Promise<RouteWorld> {
    const world = new RouteWorld(...(await this.openServer(servers)), 'AlertRoute', routesOf('relais'));
    world.sources.policies.add(POLICY);
    return world;
  }

  override make(name: string, spec: object = {}) {
    return super.make(name, { policyId: POLICY, ...spec });
  }

  /** The source, where there is one alone. */
  get source() {
    return [...this.sources.sources.values()][0];
  }

  /** Whether the Secret of `shop` holds the token that the source has. */
  async isWritten(): Promise<boolean> {
    return (await this.secret('shop-relais'))?.['token'] === this.source?.secret;
  }

  /** A leader, from its election to its end. */
  lead(
    term = new TestTerm(1),
    { namespaces = ['relais'], api = this.api }: { namespaces?: string[]; api?: KubernetesApi } = {},
  ): { end(): Promise<void> } {
    const keeper = routeKeeper({
      ...{ api, namespaces, webhookUrl: 'https://relais.example', lookMs: LOOK_MS, log: silentLog },
      openSources: () => this.sources,
    });
    keeper.start();
    const led = keeper.lead(term);
    return this.ending(async () => {
      term.end();
      await Promise.all([led, keeper.stop()]);
    });
  }
}
