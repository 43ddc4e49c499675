import { Injectable } from '@nestjs/common';
import { revokeInvitation } from '@relais/contracts';
import type { InvitationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Database, type Tx } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { actorOrBotWith, actorSomewhere, actorWith } from '../permissions/actor.postgres.js';
import { defaultPool } from '../pools/pool-rows.postgres.js';
import { deleteInvitation, findUnused, type InvitationRow } from './invitation-rows.postgres.js';

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
      const found = await findUnused(tx, organizationId, id);
      if (principal.scopes) await assertBotMade(tx, principal, found);
      else await assertMayWithdraw(tx, principal, found);
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

/** Who could make it may take it back. @throws AppError `forbidden` */
async function assertMayWithdraw(tx: Tx, principal: Principal, found: InvitationRow | null): Promise<void> {
  if (!found) return void (await actorSomewhere(tx, principal, 'invite'));
  const poolIds = found.pool_ids.length > 0 ? found.pool_ids : [await defaultPool(tx, principal.organizationId)];
  await actorWith(tx, principal, 'invite', { poolIds });
}

/** To a bot there is nothing but what it made itself. @throws AppError `forbidden`, `invitation_not_found` */
async function assertBotMade(tx: Tx, principal: Principal, found: InvitationRow | null): Promise<void> {
  await actorOrBotWith(tx, principal, 'invite', 'administrators:invite');
  if (found?.invited_by !== principal.userId) throw revokeInvitation.fail('invitation_not_found');
}
