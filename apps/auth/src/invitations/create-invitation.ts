import { Injectable } from '@nestjs/common';
import { createInvitation, type Invitation } from '@relais/contracts';
import { withOrganization } from '@relais/database';
import { Clock, type InvitationId, newId, type OrganizationId, type PoolId } from '@relais/kernel';
import { hashSecret, type Principal } from '@relais/security';
import { DataSource, type EntityManager } from 'typeorm';
import type { z } from 'zod';
import { row, rows } from '../database/sql.js';
import { EventLog } from '../event-log.js';
import { actorWith, assertReaches } from '../permissions/actor.js';
import { type InvitationRow, toInvitation } from './invitation-rows.postgres.js';
import { formatInvitationToken, newInvitationToken } from './invitation-token.js';

type Command = z.output<typeof createInvitation.input>;

/** Invites one person to a role that is not above the inviter's own. The token is shown once and kept only as a hash. */
@Injectable()
export class CreateInvitationHandler {
  constructor(
    private readonly db: DataSource,
    private readonly clock: Clock,
    private readonly events: EventLog,
  ) {}

  async execute(principal: Principal, command: Command): Promise<Invitation & { invitationToken: string }> {
    const { organizationId, userId } = principal;
    const token = newInvitationToken(organizationId);
    const created = await withOrganization(this.db, organizationId, async (tx) => {
      const actor = await actorWith(tx, principal, 'invite');
      assertReaches(actor, command.role);
      const poolIds = [...new Set(command.poolIds)];
      await assertPools(tx, organizationId, poolIds);
      return this.write(tx, principal, { ...command, poolIds }, hashSecret(token.secret));
    });
    this.events.changed('auth.invitation_made', organizationId, userId);
    return { ...toInvitation(created), invitationToken: formatInvitationToken(token) };
  }

  private async write(
    tx: EntityManager,
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
    await rows(
      tx,
      `INSERT INTO invitation (organization_id, id, token_hash, invited_by, role, pool_ids, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [organizationId, invitation.id, tokenHash, userId, role, poolIds, now, invitation.expires_at],
    );
    return invitation;
  }
}

async function assertPools(
  tx: EntityManager,
  organizationId: OrganizationId,
  poolIds: readonly PoolId[],
): Promise<void> {
  const found = await row<{ count: number }>(
    tx,
    'SELECT count(*)::int AS count FROM pool p WHERE p.organization_id = $1 AND p.id = ANY($2::uuid[])',
    [organizationId, poolIds],
  );
  if (found?.count !== poolIds.length) throw createInvitation.fail('pool_not_found');
}
