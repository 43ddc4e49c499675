import { Injectable } from '@nestjs/common';
import type { Invitation } from '@relais/contracts';
import { withOrganization } from '@relais/database';
import { Clock } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { DataSource } from 'typeorm';
import { rows } from '../database/sql.js';
import { actorWith } from '../permissions/actor.js';
import { INVITATION_COLUMNS, type InvitationRow, toInvitation } from './invitation-rows.postgres.js';

/** Invitations that have not expired, used ones included, the newest first; at most 1,000. */
@Injectable()
export class ListInvitationsHandler {
  constructor(
    private readonly db: DataSource,
    private readonly clock: Clock,
  ) {}

  async execute(principal: Principal): Promise<{ items: Invitation[] }> {
    const { organizationId } = principal;
    const found = await withOrganization(this.db, organizationId, async (tx) => {
      await actorWith(tx, principal, 'invite');
      return rows<InvitationRow>(
        tx,
        `SELECT ${INVITATION_COLUMNS} FROM invitation i
         WHERE i.organization_id = $1 AND i.expires_at > $2 ORDER BY i.id DESC LIMIT 1000`,
        [organizationId, this.clock.now()],
      );
    });
    return { items: found.map(toInvitation) };
  }
}
