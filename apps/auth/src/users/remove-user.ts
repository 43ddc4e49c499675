import { Injectable } from '@nestjs/common';
import { removeUser, type Revocation, userRemoved } from '@relais/contracts';
import { enqueue } from '@relais/database';
import { type EventId, newId, type UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { actorSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { actorWith, assertReaches } from '../permissions/actor.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import { deleteSessions } from '../sessions/session-rows.postgres.js';
import { revoke, Revocations } from '../trust/revocations.postgres.js';
import { deleteUser, hasOtherOwner, lockOrganization, lockUser } from './user-rows.postgres.js';

/**
 * Takes a person out for good: name, address, password, devices and sessions go with the row, their key goes after it, so
 * that backups cannot be read either. The event that lets other services follow is written in the same transaction.
 */
@Injectable()
export class RemoveUserHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly revocations: Revocations,
    private readonly freshness: Freshness,
    private readonly events: EventLog,
  ) {}

  async execute(principal: Principal, userId: UserId): Promise<Record<never, never>> {
    const { organizationId } = principal;
    const revocations = await this.db.within(organizationId, (tx) => this.remove(tx, principal, userId));
    this.revocations.announce(revocations);
    this.events.changed('auth.user_removed', organizationId, principal.userId, userId);
    await this.personal.forgetUser(organizationId, userId).catch((error: unknown) => {
      // The rows are gone; what is left is a key that opens only backups.
      this.events.failed('auth.forget_failed', error);
    });
    return {};
  }

  private async remove(tx: Tx, principal: Principal, userId: UserId): Promise<Revocation[]> {
    const { organizationId } = principal;
    await lockOrganization(tx, organizationId);
    const actor = await actorWith(tx, principal, 'manage_users', { userId });
    await this.freshness.assertFresh(tx, principal);
    const user = await lockUser(tx, organizationId, userId);
    if (!user) throw removeUser.fail('user_not_found');
    assertReaches(actor, user.role);
    const isOwner = user.role === 'owner' && user.state === 'active';
    if (isOwner && !(await hasOtherOwner(tx, organizationId, userId))) throw removeUser.fail('last_owner');
    await deleteSessions(tx, organizationId, { userId });
    await deleteUser(tx, organizationId, userId);
    await enqueue(tx, userRemoved, { id: newId<EventId>(), organizationId, userId });
    await recordFact(tx, organizationId, {
      actor: actorSubject(principal),
      action: 'user.removed',
      object: userSubject(userId),
      before: { role: user.role, state: user.state, poolIds: user.pool_ids },
    });
    return revoke(tx, 'removed', [userId]);
  }
}
