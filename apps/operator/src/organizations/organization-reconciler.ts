import { AppError } from '@relais/kernel';
import type { Said } from '../kubernetes/conditions.js';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.js';
import { ready } from '../kubernetes/ready-conditions.js';
import type { Bringing, Brought } from '../kubernetes/reconcile.js';
import type { Recorder } from '../kubernetes/recorder.js';
import type { Term } from '../leader/elector.js';
import { peopleMeasured } from '../metrics.js';
import { failureOf, type Reasons } from '../relais/api-failure.js';
import { Administrators } from './administrators.js';
import { Directories, directoriesRead } from './directories.js';
import { IdentityProviders } from './identity-providers.js';
import { measured } from './measured.js';
import { Messages } from './messages.js';
import { type MeasuredPeople, type Organization, type OrganizationDone, organizationsOf } from './organization.js';
import type { OwnOrganization } from './own-organization.js';

const MISSING_SCOPE = [
  'Forbidden',
  'the bot may not do this: give it the scope people-quota:write, administrators:invite to invite administrators, identity-sources:write for identity providers and directories, and message-keeping:write for messages',
] as const;
const REASONS: Reasons = {
  not_alone: [
    'NotAlone',
    'there is an older Organization in this namespace, which is looked after: delete one of them',
  ],
  too_many_invitations: ['TooManyInvitations', 'the bot has as many open invitations as it may: withdraw some'],
  secret_missing: ['SecretMissing', 'there is no such Secret with the client secret or password, or no such key in it'],
  secret_forbidden: ['SecretForbidden', 'the operator may not read this Secret: name it in the values of the chart'],
  identity_provider_id_taken: ['ProviderTaken', 'somebody else has made this identity provider: give it another name'],
  too_many_identity_providers: [
    'TooManyProviders',
    'the organization has as many identity providers as it may: delete one',
  ],
  directory_id_taken: ['DirectoryTaken', 'somebody else has made this directory: give it another name'],
  too_many_directories: ['TooManyDirectories', 'bots have as many directories here as they may: delete one'],
  forbidden: MISSING_SCOPE,
  scope_missing: MISSING_SCOPE,
};

/** Brings the organization of a bot into the state that the object of its namespace asks for, and measures how it stands. */
export class OrganizationReconciler implements Bringing<Organization, OrganizationDone> {
  constructor(
    readonly api: KubernetesApi,
    readonly term: Term,
    readonly recorder: Recorder,
    private readonly own: OwnOrganization,
  ) {}

  async bring(organization: Organization): Promise<Brought<OrganizationDone>> {
    await this.assertAlone(organization);
    const people = await this.bringQuota(organization);
    const { api, term, own } = this;
    const invited = await new Administrators(api, term, own).invite(organization);
    const provided = await new IdentityProviders(api, term, own).bring(organization);
    const { directories, failure: read } = await new Directories(api, term, own).bring(organization);
    const { messages, failure: kept } = await new Messages(term, own).bring(organization);
    const failure = invited.failure ?? provided.failure ?? read ?? kept;
    return {
      done: {
        ...{
          people,
          administrators: invited.administrators,
          identityProviders: provided.identityProviders,
          directories,
        },
        ...(messages && { messages }),
      },
      said: [AS_SAID, withinQuota(people), ...directoriesRead(directories)],
      ...(failure !== undefined && { failure: this.failureOf(failure) }),
    };
  }

  failureOf = (error: unknown) => failureOf(error, REASONS);

  /** Of two that would undo each other, the older one counts. */
  private async assertAlone({ metadata }: Organization): Promise<void> {
    const { items } = await this.api.list<Organization>(organizationsOf(metadata.namespace!));
    const order = ({ metadata: { creationTimestamp = '', uid = '' } }: Organization) => `${creationTimestamp} ${uid}`;
    const [first] = items
      .filter((one) => !one.metadata.deletionTimestamp)
      .toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
    if (first && first.metadata.uid !== metadata.uid) throw new AppError('conflict', 'not_alone');
  }

  private async bringQuota({ spec: { maxPeople }, status, metadata }: Organization): Promise<MeasuredPeople> {
    let quota = await this.own.readQuota();
    const wanted = maxPeople === 0 ? null : maxPeople;
    if (wanted !== undefined && quota.maxPeople !== wanted) {
      this.term.assertHeld();
      quota = await this.own.setQuota(wanted);
    }
    peopleMeasured(metadata.namespace!, quota);
    return measured(quota, status?.people, this.api.now());
  }
}

const AS_SAID = ready('AsSaid', 'the organization is as this says');

const withinQuota = ({ active, max }: MeasuredPeople): Said =>
  max !== undefined && active > max
    ? {
        type: 'WithinQuota',
        status: 'False',
        reason: 'MorePeople',
        message: 'there were more people before: nobody comes in',
      }
    : { type: 'WithinQuota', status: 'True', reason: 'Within', message: 'there are not more people than there may be' };
