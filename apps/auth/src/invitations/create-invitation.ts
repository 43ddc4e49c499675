import { Injectable } from '@nestjs/common';
import { createInvitation, type Invitation } from '@relais/contracts';
import { Clock, type InvitationId, newId } from '@relais/kernel';
import { hashSecret, type Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { recordFact, userSubject } from '../facts/record-fact.js';
import { actorWith, assertReaches } from '../permissions/actor.postgres.js';
import { arePools, defaultPool } from '../pools/pool-rows.postgres.js';
import { insertInvitation, type InvitationRow, toInvitation } from './invitation-rows.postgres.js';
import { formatScopedSecret, newScopedSecret } from '../secrets/scoped-secret.js';

type Command = z.output<typeof createInvitation.input>;

/**
 * Invites one person to a role that is not above the inviter's own; to one above member after having just shown who one is.
 * The token is shown once and kept only as a hash.
 */
@Injectable()
export class CreateInvitationHandler {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly freshness: Freshness,
    private readonly events: EventLog,
  ) {}

  async execute(principal: Principal, command: Command): Promise<Invitation & { invitationToken: string }> {
    const { organizationId, userId } = principal;
    const token = newScopedSecret(organizationId);
    const created = await this.db.within(organizationId, async (tx) => {
      const poolIds = [...new Set(command.poolIds)];
      const target = { poolIds: poolIds.length > 0 ? poolIds : [await defaultPool(tx, organizationId)] };
      const actor = await actorWith(tx, principal, 'invite', target);
      assertReaches(actor, command.role);
      if (command.role !== 'member') await this.freshness.assertFresh(tx, principal);
      if (!(await arePools(tx, organizationId, poolIds))) throw createInvitation.fail('pool_not_found');
      return this.write(tx, principal, { ...command, poolIds }, hashSecret(token.secret));
    });
    this.events.changed('auth.invitation_made', organizationId, userId);
    return { ...toInvitation(created), invitationToken: formatScopedSecret(token) };
  }

  private async write(
    tx: Tx,
    { organizationId, userId }: Principal,
    { role, poolIds, validSeconds }: Command,
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
    };
    await insertInvitation(tx, organizationId, invitation, tokenHash);
    await recordFact(tx, organizationId, {
      actor: userSubject(userId),
      action: 'invitation.made',
      object: { kind: 'invitation', id: invitation.id },
      after: { role, poolIds, expiresAt: invitation.expires_at.toISOString() },
    });
    return invitation;
  }
}
