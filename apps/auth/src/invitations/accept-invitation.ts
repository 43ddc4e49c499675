import { Injectable } from '@nestjs/common';
import { acceptInvitation, type Tokens } from '@relais/contracts';
import { AppError, Clock } from '@relais/kernel';
import type { z } from 'zod';
import { Database, type Tx } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { recordFact, recordOpened, systemSubject, userSubject } from '../facts/record-fact.js';
import { isFull } from '../people-quota/room.postgres.js';
import { Refusals } from '../facts/refusals.js';
import { admitted, refused, type RefusalReason } from '../metrics.js';
import { type Newcomer, Newcomers } from '../organizations/newcomer.js';
import { PASSWORD_PROBLEMS } from '../passwords/password-policy.js';
import { findOrganization } from '../organizations/organization-rows.postgres.js';
import { defaultPool } from '../pools/pool-rows.postgres.js';
import { startSession } from '../sessions/session-rows.postgres.js';
import { type Grant, TokenIssuer } from '../sessions/token-issuer.js';
import { readEpoch } from '../trust/revocations.postgres.js';
import { assertMayRegister } from '../registration-policy/may-register.js';
import { insertUser, isEmailTaken } from '../users/user-rows.postgres.js';
import { lockUsable, markUsed } from './invitation-rows.postgres.js';
import { type ScopedSecret, parseScopedSecret } from '../secrets/scoped-secret.js';

type Command = z.output<typeof acceptInvitation.input>;
type Alongside = (tx: Tx) => Promise<void>;
const nothingElse: Alongside = () => Promise.resolve();

/** Makes a person of whoever holds an invitation. It is used up only if everything succeeds, and then by one alone. */
@Injectable()
export class AcceptInvitationHandler {
  constructor(
    private readonly db: Database,
    private readonly newcomers: Newcomers,
    private readonly issuer: TokenIssuer,
    private readonly refusals: Refusals,
    private readonly clock: Clock,
    private readonly events: EventLog,
  ) {}

  /** @param alongside what else is done in the transaction that uses it up */
  async execute(command: Command, alongside: Alongside = nothingElse): Promise<Tokens> {
    try {
      return await this.accept(command, alongside);
    } catch (error) {
      refused('invitation', REASONS[AppError.from(error).code] ?? 'error');
      throw error;
    }
  }

  private async accept(command: Command, alongside: Alongside): Promise<Tokens> {
    const token = parseScopedSecret(command.invitationToken);
    if (!token) throw acceptInvitation.fail('invitation_refused');
    // Looked at twice: now, so that strangers cannot make us hash; and in the transaction that uses it up.
    const handle = await this.handleOf(token);
    const problem = this.newcomers.problemOf(command, [handle]);
    if (problem) throw acceptInvitation.fail('password_refused', PASSWORD_PROBLEMS[problem]);
    const newcomer = await this.newcomers.prepare(token.organizationId, command);
    const grant = await this.create(token, command, newcomer, alongside);
    admitted('invitation');
    this.events.changed('auth.invitation_accepted', token.organizationId, newcomer.id);
    return this.issuer.issue(grant);
  }

  private handleOf(token: ScopedSecret): Promise<string> {
    return this.db.within(token.organizationId, async (tx) => {
      const invitation = await lockUsable(tx, token, this.clock.now());
      const organization = await findOrganization(tx, token.organizationId);
      if (!invitation || !organization) throw acceptInvitation.fail('invitation_refused');
      return organization.handle;
    });
  }

  private async create(
    token: ScopedSecret,
    command: Command,
    newcomer: Newcomer,
    alongside: Alongside,
  ): Promise<Grant> {
    try {
      return await this.db.within(token.organizationId, async (tx) => {
        const grant = await this.write(tx, token, command, newcomer);
        await alongside(tx);
        return grant;
      });
    } catch (error) {
      if (isEmailTaken(error)) throw acceptInvitation.fail('email_taken');
      if (isFull(error) || AppError.from(error).code === 'registration_not_allowed') this.noteRefusal(token, newcomer);
      throw error;
    }
  }

  /** By the id the person would have had: nothing else about them is to be kept. */
  private noteRefusal({ organizationId }: ScopedSecret, { id }: Newcomer): void {
    const actor = systemSubject('invitation');
    this.refusals.note(organizationId, { actor, action: 'registration.refused', object: userSubject(id) });
  }

  private async write(tx: Tx, token: ScopedSecret, { device, email }: Command, newcomer: Newcomer): Promise<Grant> {
    const { organizationId } = token;
    const now = this.clock.now();
    const epoch = await readEpoch(tx);
    const invitation = await lockUsable(tx, token, now);
    if (!invitation) throw acceptInvitation.fail('invitation_refused');
    if (invitation.email_index && !invitation.email_index.equals(newcomer.emailIndex))
      throw acceptInvitation.fail('invitation_for_another');
    await assertMayRegister(tx, organizationId, { email, emailIndex: newcomer.emailIndex });
    await markUsed(tx, organizationId, invitation.id, now);
    const poolIds = invitation.pool_ids.length > 0 ? invitation.pool_ids : [await defaultPool(tx, organizationId)];
    await insertUser(tx, { ...newcomer, organizationId, role: invitation.role, poolIds, now });
    const session = { organizationId, userId: newcomer.id, device, nameSealed: newcomer.deviceNameSealed, now };
    const { grant } = await startSession(tx, { ...session, role: invitation.role, amr: ['pwd'], epoch });
    await recordFact(tx, organizationId, {
      actor: userSubject(newcomer.id),
      onBehalfOf: userSubject(invitation.invited_by),
      action: 'invitation.accepted',
      object: { kind: 'invitation', id: invitation.id },
      after: { role: invitation.role, poolIds },
    });
    await recordOpened(tx, grant, 'invitation');
    return grant;
  }
}

const REASONS: Readonly<Record<string, RefusalReason>> = {
  invitation_refused: 'token',
  invitation_for_another: 'token',
  password_refused: 'password',
  login_overloaded: 'overloaded',
  email_taken: 'taken',
  registration_not_allowed: 'not_listed',
  people_limit_reached: 'full',
  device_id_reused: 'device',
};
