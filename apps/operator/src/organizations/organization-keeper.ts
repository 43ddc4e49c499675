import type { Log } from '@relais/observability';
import { Keeper, type Outcome, type Work } from '../kubernetes/keeper.js';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.js';
import { reconcile } from '../kubernetes/reconcile.js';
import { Recorder } from '../kubernetes/recorder.js';
import type { Term } from '../leader/elector.js';
import { organizationsAre, peopleUnknown } from '../metrics.js';
import { directoryIdOf, switchedOff } from './directories.js';
import { providerIdOf } from './identity-providers.js';
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
  /** Of these, where there may be identity providers and directories: those that no Organization names are switched off. */
  providing: readonly string[];
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
    const { inviting, providing, log } = this.options;
    const trying = (event: string, work: Promise<void>) => work.catch((error: unknown) => log.warn({ event, error }));
    for (const namespace of inviting) await trying('organizations.invitations_left', this.withdrawLeft(namespace));
    for (const namespace of providing) {
      await trying('organizations.providers_left', this.switchOffLeft(namespace));
      await trying('organizations.directories_left', this.switchOffDirectories(namespace));
    }
  }

  /** NOTE: not deleted: who has come by it would be a stranger when it is named again. */
  private async switchOffLeft(namespace: string): Promise<void> {
    const own = this.ownOf(namespace);
    const left = new Map(
      (await own.listProviders()).flatMap((one) => (one.settings.enabled ? [[one.id as string, one] as const] : [])),
    );
    if (left.size === 0) return;
    for (const organization of await this.standing(namespace))
      for (const { name } of organization.spec.identityProviders ?? []) left.delete(providerIdOf(organization, name));
    for (const [id, { settings }] of left) {
      this.term.assertHeld();
      // Without what people have added: a bot may not say that, nor keep it.
      const { groups: _, ...rest } = settings;
      await own.putProvider(id, { ...rest, linksByEmail: false, trustsSecondFactor: false, enabled: false });
      this.options.log.info({ event: 'organizations.provider_switched_off' });
    }
  }

  /** NOTE: its people stay: an object that is gone by mistake puts nobody out. */
  private async switchOffDirectories(namespace: string): Promise<void> {
    const own = this.ownOf(namespace);
    const left = new Map(
      (await own.listDirectories()).flatMap((one) => (one.settings.enabled ? [[one.id as string, one] as const] : [])),
    );
    if (left.size === 0) return;
    for (const organization of await this.standing(namespace))
      for (const { name } of organization.spec.directories ?? []) left.delete(directoryIdOf(organization, name));
    for (const [id, { settings }] of left) {
      this.term.assertHeld();
      await own.putDirectory(id, switchedOff(settings));
      this.options.log.info({ event: 'organizations.directory_switched_off' });
    }
  }

  /** Read anew: a watch may be behind. */
  private async standing(namespace: string): Promise<Organization[]> {
    const { items } = await this.options.api.list<Organization>(organizationsOf(namespace));
    return items.filter(({ metadata }) => !metadata.deletionTimestamp);
  }

  private async withdrawLeft(namespace: string): Promise<void> {
    const own = this.ownOf(namespace);
    const left = new Set((await own.listInvitations()).flatMap(({ id, usedAt }) => (usedAt ? [] : (id as string))));
    if (left.size === 0) return;
    for (const { status } of await this.standing(namespace))
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
