import { Injectable } from '@nestjs/common';
import { createInvitation, type Invitation, MAX_OPEN_INVITATIONS_OF_BOT } from '@relais/contracts';
import { Clock, type InvitationId, newId } from '@relais/kernel';
import { hashSecret, type Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { recordFact, userSubject } from '../facts/record-fact.js';
import { actorOrBotWith, actorWith, assertReaches, forbidden } from '../permissions/actor.postgres.js';
import { arePools, defaultPool } from '../pools/pool-rows.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import { findUserByEmail, lockOrganization } from '../users/user-rows.postgres.js';
import {
  countOpenInvitations,
  insertInvitation,
  type InvitationRow,
  toInvitation,
} from './invitation-rows.postgres.js';
import { formatScopedSecret, newScopedSecret } from '../secrets/scoped-secret.js';

type Command = z.output<typeof createInvitation.input>;
type InvitationDraft = Command & { emailIndex: Buffer | null };

/**
 * Invites one person to a role that is not above the inviter's own; to one above member after having just shown who one is.
 * The token is shown once and kept only as a hash. A bot invites by address alone, and nobody to more than administrator.
 */
@Injectable()
export class CreateInvitationHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly clock: Clock,
    private readonly freshness: Freshness,
    private readonly events: EventLog,
  ) {}

  async execute(principal: Principal, command: Command): Promise<Invitation & { invitationToken: string }> {
    const { organizationId, userId } = principal;
    const token = newScopedSecret(organizationId);
    const { email } = command;
    const emailIndex = email === undefined ? null : await this.personal.emailIndex(organizationId, email);
    const created = await this.db.within(organizationId, async (tx) => {
      const poolIds = [...new Set(command.poolIds)];
      if (principal.scopes) await this.assertBotMay(tx, principal, command);
      else await this.assertMay(tx, principal, { ...command, poolIds });
      if (!(await arePools(tx, organizationId, poolIds))) throw createInvitation.fail('pool_not_found');
      if (emailIndex && (await findUserByEmail(tx, organizationId, emailIndex)))
        throw createInvitation.fail('email_taken');
      return this.write(tx, principal, { ...command, poolIds, emailIndex }, hashSecret(token.secret));
    });
    this.events.changed('auth.invitation_made', organizationId, userId);
    return { ...toInvitation(created), invitationToken: formatScopedSecret(token) };
  }

  private async assertMay(tx: Tx, principal: Principal, { role, poolIds }: Command): Promise<void> {
    const target = { poolIds: poolIds.length > 0 ? poolIds : [await defaultPool(tx, principal.organizationId)] };
    assertReaches(await actorWith(tx, principal, 'invite', target), role);
    if (role !== 'member') await this.freshness.assertFresh(tx, principal);
  }

  private async assertBotMay(tx: Tx, principal: Principal, { role, poolIds, email }: Command): Promise<void> {
    await actorOrBotWith(tx, principal, 'invite', 'administrators:invite');
    if (role === 'owner' || poolIds.length > 0) throw forbidden('a bot invites administrators at most, into no pool');
    if (email === undefined) throw createInvitation.fail('email_required');
    const { organizationId, userId } = principal;
    // Two at once are counted one after the other.
    await lockOrganization(tx, organizationId);
    if ((await countOpenInvitations(tx, organizationId, userId, this.clock.now())) >= MAX_OPEN_INVITATIONS_OF_BOT)
      throw createInvitation.fail('too_many_invitations');
  }

  private async write(
    tx: Tx,
    { organizationId, userId }: Principal,
    { role, poolIds, validSeconds, emailIndex }: InvitationDraft,
    tokenHash: Buffer,
  ): Promise<InvitationRow> {
    const now = this.clock.now();
    const invitation: InvitationRow = {
      id: newId<InvitationId>(),
      invited_by: userId,
      role,
      pool_ids: poolIds,
      created_at: now,
      expires_at: new Date(now.getTime() + validSeconds * 1_000),
      used_at: null,
      email_index: emailIndex,
    };
    await insertInvitation(tx, organizationId, invitation, tokenHash);
    await recordFact(tx, organizationId, {
      actor: userSubject(userId),
      action: 'invitation.made',
      object: { kind: 'invitation', id: invitation.id },
      after: { role, poolIds, expiresAt: invitation.expires_at.toISOString(), isForAddress: emailIndex !== null },
    });
    return invitation;
  }
}
