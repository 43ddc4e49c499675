import { Injectable } from '@nestjs/common';
import { acceptInvitation, type Tokens } from '@relais/contracts';
import { AppError, Clock } from '@relais/kernel';
import type { z } from 'zod';
import { Database, type Tx } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { admitted, refused, type RefusalReason } from '../metrics.js';
import { type Newcomer, Newcomers } from '../organizations/newcomer.js';
import { findOrganization } from '../organizations/organization-rows.postgres.js';
import { defaultPool } from '../pools/pool-rows.postgres.js';
import { startSession } from '../sessions/session-rows.postgres.js';
import { type Grant, TokenIssuer } from '../sessions/token-issuer.js';
import { readEpoch } from '../trust/revocations.postgres.js';
import { insertUser, isEmailTaken } from '../users/user-rows.postgres.js';
import { lockUsable, markUsed } from './invitation-rows.postgres.js';
import { type InvitationToken, parseInvitationToken } from './invitation-token.js';

type Command = z.output<typeof acceptInvitation.input>;

/** Makes a person of whoever holds an invitation. It is used up only if everything succeeds, and then by one alone. */
@Injectable()
export class AcceptInvitationHandler {
  constructor(
    private readonly db: Database,
    private readonly newcomers: Newcomers,
    private readonly issuer: TokenIssuer,
    private readonly clock: Clock,
    private readonly events: EventLog,
  ) {}

  async execute(command: Command): Promise<Tokens> {
    try {
      return await this.accept(command);
    } catch (error) {
      refused('invitation', REASONS[AppError.from(error).code] ?? 'error');
      throw error;
    }
  }

  private async accept(command: Command): Promise<Tokens> {
    const token = parseInvitationToken(command.invitationToken);
    if (!token) throw acceptInvitation.fail('invitation_refused');
    // Looked at twice: now, so that strangers cannot make us hash; and in the transaction that uses it up.
    const handle = await this.handleOf(token);
    const problem = this.newcomers.problemOf(command, [handle]);
    if (problem) throw acceptInvitation.fail('password_refused', problem);
    const newcomer = await this.newcomers.prepare(token.organizationId, command);
    const grant = await this.create(token, command, newcomer);
    admitted('invitation');
    this.events.changed('auth.invitation_accepted', token.organizationId, newcomer.id);
    return this.issuer.issue(grant);
  }

  private handleOf(token: InvitationToken): Promise<string> {
    return this.db.within(token.organizationId, async (tx) => {
      const invitation = await lockUsable(tx, token, this.clock.now());
      const organization = await findOrganization(tx, token.organizationId);
      if (!invitation || !organization) throw acceptInvitation.fail('invitation_refused');
      return organization.handle;
    });
  }

  private async create(token: InvitationToken, command: Command, newcomer: Newcomer): Promise<Grant> {
    try {
      return await this.db.within(token.organizationId, (tx) => this.write(tx, token, command, newcomer));
    } catch (error) {
      if (isEmailTaken(error)) throw acceptInvitation.fail('email_taken');
      throw error;
    }
  }

  private async write(tx: Tx, token: InvitationToken, { device }: Command, newcomer: Newcomer): Promise<Grant> {
    const { organizationId } = token;
    const now = this.clock.now();
    const epoch = await readEpoch(tx);
    const invitation = await lockUsable(tx, token, now);
    if (!invitation) throw acceptInvitation.fail('invitation_refused');
    await markUsed(tx, organizationId, invitation.id, now);
    const poolIds = invitation.pool_ids.length > 0 ? invitation.pool_ids : [await defaultPool(tx, organizationId)];
    await insertUser(tx, { ...newcomer, organizationId, role: invitation.role, poolIds, now });
    const session = { organizationId, userId: newcomer.id, device, nameSealed: newcomer.deviceNameSealed, now };
    const { grant } = await startSession(tx, { ...session, role: invitation.role, amr: ['pwd'], epoch });
    return grant;
  }
}

const REASONS: Readonly<Record<string, RefusalReason>> = {
  invitation_refused: 'token',
  password_refused: 'password',
  login_overloaded: 'overloaded',
  email_taken: 'taken',
  device_id_reused: 'device',
};
