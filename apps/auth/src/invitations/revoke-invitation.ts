import { Injectable } from '@nestjs/common';
import { revokeInvitation } from '@relais/contracts';
import type { InvitationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Database } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { actorWith } from '../permissions/actor.postgres.js';
import { deleteInvitation } from './invitation-rows.postgres.js';

/** Withdraws an invitation nobody has used yet. */
@Injectable()
export class RevokeInvitationHandler {
  constructor(
    private readonly db: Database,
    private readonly events: EventLog,
  ) {}

  async execute(principal: Principal, id: InvitationId): Promise<Record<never, never>> {
    const { organizationId, userId } = principal;
    const isRemoved = await this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'invite');
      return deleteInvitation(tx, organizationId, id);
    });
    if (!isRemoved) throw revokeInvitation.fail('invitation_not_found');
    this.events.changed('auth.invitation_withdrawn', organizationId, userId);
    return {};
  }
}
