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
  /** Of these, where there may be invitations: those that no Organization tells of are taken back. */
  inviting: readonly string[];
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

/**
 * Of what was said nothing is taken back when an Organization is deleted: the organization goes on as it is. Invitations that nobody
 * has used are, after the Organizations were read anew: a watch may be behind, a reading is not.
 */
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

  async finish(): Promise<void> {
    for (const namespace of this.options.inviting)
      try {
        await this.withdrawLeft(namespace);
      } catch (error) {
        this.options.log.warn({ event: 'organizations.invitations_left', error });
      }
  }

  private async withdrawLeft(namespace: string): Promise<void> {
    const own = this.ownOf(namespace);
    const left = new Set((await own.listInvitations()).flatMap(({ id, usedAt }) => (usedAt ? [] : (id as string))));
    if (left.size === 0) return;
    for (const { metadata, status } of (await this.options.api.list<Organization>(organizationsOf(namespace))).items)
      if (!metadata.deletionTimestamp)
        for (const { invitationId = '' } of status?.administrators ?? []) left.delete(invitationId);
    for (const id of left) {
      this.term.assertHeld();
      await own.withdraw(id);
      this.options.log.info({ event: 'organizations.invitation_withdrawn' });
    }
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
