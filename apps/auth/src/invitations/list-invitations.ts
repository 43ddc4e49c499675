import { Injectable } from '@nestjs/common';
import type { Invitation } from '@relais/contracts';
import { Clock } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Database, type Tx } from '../database/database.js';
import { actorOrBotWith, actorSomewhere, poolsIn } from '../permissions/actor.postgres.js';
import { type InvitationRow, listInvitationRows, toInvitation } from './invitation-rows.postgres.js';

/** Invitations that have not expired, used ones included, the newest first; at most 1,000. To a delegate those of their pools, to a bot its own. */
@Injectable()
export class ListInvitationsHandler {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async execute(principal: Principal): Promise<{ items: Invitation[] }> {
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, async (tx) => {
      if (principal.scopes) return this.listOwn(tx, principal);
      const { reach } = await actorSomewhere(tx, principal, 'invite');
      return listInvitationRows(tx, organizationId, this.clock.now(), { pools: poolsIn(reach) });
    });
    return { items: found.map(toInvitation) };
  }

  private async listOwn(tx: Tx, principal: Principal): Promise<InvitationRow[]> {
    await actorOrBotWith(tx, principal, 'invite', 'administrators:invite');
    return listInvitationRows(tx, principal.organizationId, this.clock.now(), { by: principal.userId });
  }
}
