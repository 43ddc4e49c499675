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
import { measured } from './measured.js';
import { type MeasuredPeople, type Organization, type OrganizationDone, organizationsOf } from './organization.js';
import type { OwnOrganization } from './own-organization.js';

const MISSING_SCOPE = [
  'Forbidden',
  'the bot may not do this: give it the scope people-quota:write, and administrators:invite where administrators are named',
] as const;
const REASONS: Reasons = {
  not_alone: [
    'NotAlone',
    'there is an older Organization in this namespace, which is looked after: delete one of them',
  ],
  too_many_invitations: ['TooManyInvitations', 'the bot has as many open invitations as it may: withdraw some'],
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
    const { administrators, failure } = await new Administrators(this.api, this.term, this.own).invite(organization);
    return {
      ...{ done: { people, administrators }, said: [AS_SAID, withinQuota(people)] },
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

const withinQuota = ({ now, max }: MeasuredPeople): Said =>
  max !== undefined && now > max
    ? {
        type: 'WithinQuota',
        status: 'False',
        reason: 'MorePeople',
        message: 'there were more people before: nobody comes in',
      }
    : { type: 'WithinQuota', status: 'True', reason: 'Within', message: 'there are not more people than there may be' };
