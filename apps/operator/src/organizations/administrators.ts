import type { Invitation } from '@relais/contracts';
import { claimSecret, type OwnSecret } from '../kubernetes/own-secret.js';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.js';
import type { Term } from '../leader/elector.js';
import { bringEach, type BroughtEach } from './bring-each.js';
import type { Administrator, InvitedAdministrator, Organization } from './organization.js';
import type { OwnOrganization } from './own-organization.js';

const SECRET_TYPE = 'relais.io/invitation';
/** An invitation that is missing before its end was withdrawn; so much earlier, so that no clock decides it. */
const SURELY_MS = 60_000;
const EMPTY = { token: '', email: '', expiresAt: '' };

/**
 * Invites the administrators that an Organization names: a single-use invitation for each, by address, whose token goes into a
 * Secret of its own. It is replaced when its time was over or its Secret is gone. Who has accepted is not invited again, nor is
 * who was here already, nor whose invitation somebody has withdrawn: people have the last word. The Secret of one that is named no
 * more is emptied: a right to delete Secrets would be one to delete those of others.
 */
export class Administrators {
  constructor(
    private readonly api: KubernetesApi,
    private readonly term: Term,
    private readonly own: OwnOrganization,
  ) {}

  /** What there is to say of each, in their order; and what has failed, after everything was tried. */
  async invite(organization: Organization): Promise<{ administrators: InvitedAdministrator[]; failure?: unknown }> {
    const wanted = await this.bringWanted(organization);
    const left = await this.emptyLeft(organization);
    return { administrators: [...wanted.kept, ...left.kept.flat()], failure: wanted.failure ?? left.failure };
  }

  private async bringWanted(organization: Organization): Promise<BroughtEach<InvitedAdministrator>> {
    const wanted = organization.spec.administrators ?? [];
    if (wanted.length === 0) return { kept: [] };
    const open = new Map((await this.own.listInvitations()).map((one) => [one.id as string, one]));
    return bringEach(
      wanted,
      (one) => organization.status?.administrators?.find((before) => isSame(one, before)),
      (one, before) => this.bring(organization, one, before, open),
    );
  }

  /** Of those who are named no more: of one whose Secret cannot be emptied is told until it can, and of no invitation, which ends. */
  private emptyLeft(organization: Organization): Promise<BroughtEach<InvitedAdministrator[]>> {
    const { spec, status } = organization;
    const isLeft = ({ name }: InvitedAdministrator) => !spec.administrators?.some((one) => one.name === name);
    return bringEach(
      (status?.administrators ?? []).filter(isLeft),
      ({ invitationId: _, ...left }) => [left],
      async (one) => {
        const hasSecret = one.state !== 'Here' && !(await this.write(organization, one, {}, { isTrial: true }));
        this.term.assertHeld();
        if (hasSecret) await this.write(organization, one, {}, { isTrial: false });
        return [];
      },
    );
  }

  private async bring(
    organization: Organization,
    wanted: Administrator,
    before: InvitedAdministrator | undefined,
    open: ReadonlyMap<string, Invitation>,
  ): Promise<InvitedAdministrator> {
    if (before && before.state !== 'Invited') return before;
    const known = before?.invitationId === undefined ? undefined : open.get(before.invitationId);
    if (before && known?.usedAt) return this.accepted(organization, wanted);
    if (before && !known && this.isBeforeItsEnd(before)) return { ...wanted, state: 'Withdrawn' };
    // Before there is a token that could not be written anywhere.
    const isMissing = await this.write(organization, wanted, EMPTY, { isTrial: true });
    if (before && known && !isMissing) return before;
    return this.again(organization, wanted);
  }

  private async again(organization: Organization, wanted: Administrator): Promise<InvitedAdministrator> {
    this.term.assertHeld();
    const made = await this.own.invite(wanted.email);
    if (made === 'here') return { ...wanted, state: 'Here' };
    this.term.assertHeld();
    const { id, expiresAt, invitationToken } = made;
    await this.write(
      organization,
      wanted,
      { token: invitationToken, email: wanted.email, expiresAt },
      { isTrial: false },
    );
    return { ...wanted, state: 'Invited', invitationId: id, expiresAt, secret: secretNameOf(organization, wanted) };
  }

  /** The token is of no use any more. */
  private async accepted(organization: Organization, wanted: Administrator): Promise<InvitedAdministrator> {
    this.term.assertHeld();
    await this.write(organization, wanted, { email: wanted.email }, { isTrial: false });
    return { ...wanted, state: 'Accepted' };
  }

  private isBeforeItsEnd({ expiresAt = '' }: InvitedAdministrator): boolean {
    return Date.parse(expiresAt) - this.api.now().getTime() > SURELY_MS;
  }

  /** @returns whether there was none */
  private write(
    organization: Organization,
    administrator: Administrator,
    data: OwnSecret['data'],
    options: { isTrial: boolean },
  ): Promise<boolean> {
    const secret = { name: secretNameOf(organization, administrator), type: SECRET_TYPE, data };
    return claimSecret(this.api, organization, secret, options);
  }
}

const isSame = (one: Administrator, other: Administrator): boolean =>
  one.name === other.name && one.email === other.email;

export const secretNameOf = ({ metadata }: Organization, { name }: Administrator): string =>
  `${metadata.name}-invitation-${name}`;
