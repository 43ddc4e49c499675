import type { Log } from '@relais/observability';
import { Keeper, type Outcome, type Work } from '../kubernetes/keeper.js';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.js';
import { reconcile } from '../kubernetes/reconcile.js';
import { Recorder } from '../kubernetes/recorder.js';
import type { Term } from '../leader/elector.js';
import { organizationsAre, peopleUnknown } from '../metrics.js';
import { type Organization, organizationsOf } from './organization.js';
import { OrganizationReconciler } from './organization-reconciler.js';
import type { OwnOrganization } from './own-organization.js';

export interface OrganizationOptions {
  api: KubernetesApi;
  namespaces: readonly string[];
  /** Opens the organization of a namespace for a term; closed at its end. Which one that is, the object has no say in. */
  openOrganization(namespace: string): OwnOrganization;
  /** Longest pause between looks at everything, ms. */
  lookMs: number;
  log: Log;
}

/** Brings organizations into the state that the Organization of their namespace asks for, while it leads. */
export const organizationKeeper = (options: OrganizationOptions): Keeper<Organization> =>
  new Keeper<Organization>({
    ...options,
    ...{ kind: 'Organization', resource: 'organizations', pathOf: organizationsOf, standing: organizationsAre },
    open: (term) => new OrganizationWork(options, term),
  });

/** Nothing is taken back when an Organization is deleted: the organization goes on as it is. */
class OrganizationWork implements Work<Organization> {
  private readonly opened = new Map<string, OwnOrganization>();

  constructor(
    private readonly options: OrganizationOptions,
    private readonly term: Term,
  ) {}

  reconcile(path: string, { metadata: { namespace = '' } }: Organization): Promise<Outcome> {
    const { api, log } = this.options;
    const how = new OrganizationReconciler(api, this.term, new Recorder(api, log), this.ownOf(namespace));
    return reconcile(how, path);
  }

  async close(): Promise<void> {
    peopleUnknown();
    await Promise.all([...this.opened.values()].map((one) => one.close()));
  }

  private ownOf(namespace: string): OwnOrganization {
    const own = this.opened.get(namespace) ?? this.options.openOrganization(namespace);
    this.opened.set(namespace, own);
    return own;
  }
}
