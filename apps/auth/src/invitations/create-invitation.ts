import { Injectable } from '@nestjs/common';
import { createInvitation, type Invitation } from '@relais/contracts';
import { Clock, type InvitationId, newId } from '@relais/kernel';
import { hashSecret, type Principal } from '@relais/security';
import type { z } from 'zod';
import { Database, type Tx } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { actorWith, assertReaches } from '../permissions/actor.postgres.js';
import { arePools } from '../pools/pool-rows.postgres.js';
import { insertInvitation, type InvitationRow, toInvitation } from './invitation-rows.postgres.js';
import { formatInvitationToken, newInvitationToken } from './invitation-token.js';

type Command = z.output<typeof createInvitation.input>;

/** Invites one person to a role that is not above the inviter's own. The token is shown once and kept only as a hash. */
@Injectable()
export class CreateInvitationHandler {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly events: EventLog,
  ) {}

  async execute(principal: Principal, command: Command): Promise<Invitation & { invitationToken: string }> {
    const { organizationId, userId } = principal;
    const token = newInvitationToken(organizationId);
    const created = await this.db.within(organizationId, async (tx) => {
      const actor = await actorWith(tx, principal, 'invite');
      assertReaches(actor, command.role);
      const poolIds = [...new Set(command.poolIds)];
      if (!(await arePools(tx, organizationId, poolIds))) throw createInvitation.fail('pool_not_found');
      return this.write(tx, principal, { ...command, poolIds }, hashSecret(token.secret));
    });
    this.events.changed('auth.invitation_made', organizationId, userId);
    return { ...toInvitation(created), invitationToken: formatInvitationToken(token) };
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
    return invitation;
  }
}
