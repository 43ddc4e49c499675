import type { KubeServers } from '@relais/kube-api';
import { silentLog } from '@relais/observability';
import type { KubernetesApi } from '../src/kubernetes/kubernetes-api.js';
import { organizationsOf } from '../src/organizations/organization.js';
import { organizationKeeper } from '../src/organizations/organization-keeper.js';
import { MemoryOwnOrganization } from '../src/organizations/own-organization.memory.js';
import { eventually } from './eventually.js';
import { ObjectsWorld } from './objects-world.js';
import { TestTerm } from './test-term.js';

const LOOK_MS = 300;

/** Organizations, an API that answers as for a bot of one, and leaders that look after it. */
export class OrganizationWorld extends ObjectsWorld {
  readonly own = new MemoryOwnOrganization();

  static async open(servers: KubeServers): Promise<OrganizationWorld> {
    return new OrganizationWorld(...(await this.openServer(servers)), 'Organization', organizationsOf('relais'));
  }

  /** Waits until the organization was looked at some times more. */
  looks(times = 3): Promise<void> {
    const { reads } = this.own;
    return eventually(() => this.own.reads >= reads + times);
  }

  /** A leader, from its election to its end. */
  lead(term = new TestTerm(1), api: KubernetesApi = this.api): { end(): Promise<void> } {
    const keeper = organizationKeeper({
      ...{ api, namespaces: ['relais'], inviting: ['relais'], providing: ['relais'], lookMs: LOOK_MS, log: silentLog },
      openOrganization: () => this.own,
    });
    keeper.start();
    const led = keeper.lead(term);
    return this.ending(async () => {
      term.end();
      await Promise.all([led, keeper.stop()]);
    });
  }
}
