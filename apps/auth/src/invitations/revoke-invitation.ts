import { Injectable } from '@nestjs/common';
import { revokeInvitation } from '@relais/contracts';
import type { InvitationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Database } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { actorSomewhere, actorWith } from '../permissions/actor.postgres.js';
import { defaultPool } from '../pools/pool-rows.postgres.js';
import { deleteInvitation, findInvitationPools } from './invitation-rows.postgres.js';

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
      const pools = await findInvitationPools(tx, organizationId, id);
      const target = pools && { poolIds: pools.length > 0 ? pools : [await defaultPool(tx, organizationId)] };
      if (target) await actorWith(tx, principal, 'invite', target);
      else await actorSomewhere(tx, principal, 'invite');
      if (!(await deleteInvitation(tx, organizationId, id))) return false;
      await recordFact(tx, organizationId, {
        actor: actorSubject(principal),
        action: 'invitation.withdrawn',
        object: { kind: 'invitation', id },
      });
      return true;
    });
    if (!isRemoved) throw revokeInvitation.fail('invitation_not_found');
    this.events.changed('auth.invitation_withdrawn', organizationId, userId);
    return {};
  }
}
