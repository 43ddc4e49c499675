import { Injectable } from '@nestjs/common';
import type { Invitation } from '@relais/contracts';
import { Clock } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Database } from '../database/database.js';
import { actorSomewhere, poolsIn } from '../permissions/actor.postgres.js';
import { listInvitationRows, toInvitation } from './invitation-rows.postgres.js';

/** Invitations that have not expired, used ones included, the newest first; at most 1,000. To a delegate those of their pools. */
@Injectable()
export class ListInvitationsHandler {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async execute(principal: Principal): Promise<{ items: Invitation[] }> {
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, async (tx) => {
      const { reach } = await actorSomewhere(tx, principal, 'invite');
      return listInvitationRows(tx, organizationId, this.clock.now(), poolsIn(reach));
    });
    return { items: found.map(toInvitation) };
  }
}
