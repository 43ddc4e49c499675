import { Injectable } from '@nestjs/common';
import { revokeInvitation } from '@relais/contracts';
import { withOrganization } from '@relais/database';
import type { InvitationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { DataSource } from 'typeorm';
import { rows } from '../database/sql.js';
import { EventLog } from '../event-log.js';
import { actorWith } from '../permissions/actor.js';

/** Withdraws an invitation nobody has used yet. */
@Injectable()
export class RevokeInvitationHandler {
  constructor(
    private readonly db: DataSource,
    private readonly events: EventLog,
  ) {}

  async execute(principal: Principal, id: InvitationId): Promise<Record<never, never>> {
    const { organizationId, userId } = principal;
    const removed = await withOrganization(this.db, organizationId, async (tx) => {
      await actorWith(tx, principal, 'invite');
      return rows(
        tx,
        'DELETE FROM invitation i WHERE i.organization_id = $1 AND i.id = $2 AND i.used_at IS NULL RETURNING i.id',
        [organizationId, id],
      );
    });
    if (removed.length === 0) throw revokeInvitation.fail('invitation_not_found');
    this.events.changed('auth.invitation_withdrawn', organizationId, userId);
    return {};
  }
}
