import { Injectable } from '@nestjs/common';
import { type ActionName, addPoolUser, removePoolUser } from '@relais/contracts';
import type { PoolId, UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Database, type Tx } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { actorSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { actorWith, assertReaches } from '../permissions/actor.postgres.js';
import { lockUser, type UserRow } from '../users/user-rows.postgres.js';
import { deletePoolUser, findPool, insertPoolUser } from './pool-rows.postgres.js';

type Command = { poolId: PoolId; userId: UserId };

/** Puts people into pools and takes them out again. Either may be repeated; the last pool of a person stays. */
@Injectable()
export class ChangePoolUsersHandler {
  constructor(
    private readonly db: Database,
    private readonly events: EventLog,
  ) {}

  async add(principal: Principal, command: Command): Promise<Record<never, never>> {
    const { organizationId } = principal;
    await this.db.within(organizationId, async (tx) => {
      const user = await assertBoth(tx, principal, command);
      await insertPoolUser(tx, organizationId, command.poolId, command.userId);
      const poolIds = [...new Set([...user.pool_ids, command.poolId])].toSorted();
      await record(tx, principal, 'pool.user-added', user, poolIds);
    });
    this.events.changed('auth.pool_user_added', organizationId, principal.userId, command.userId);
    return {};
  }

  /** @throws AppError `user_not_found` also when the person is not in this pool */
  async remove(principal: Principal, command: Command): Promise<Record<never, never>> {
    const { organizationId } = principal;
    await this.db.within(organizationId, async (tx) => {
      const user = await assertBoth(tx, principal, command);
      if (!user.pool_ids.includes(command.poolId)) throw removePoolUser.fail('user_not_found');
      if (user.pool_ids.length === 1) throw removePoolUser.fail('last_pool');
      await deletePoolUser(tx, organizationId, command.poolId, command.userId);
      const poolIds = user.pool_ids.filter((id) => id !== command.poolId);
      await record(tx, principal, 'pool.user-removed', user, poolIds);
    });
    this.events.changed('auth.pool_user_removed', organizationId, principal.userId, command.userId);
    return {};
  }
}

/**
 * Pool and person exist and the actor may: a delegate for their pools only, and only with people who are in no other. The person is locked, so that
 * two removals do not take both last pools.
 */
async function assertBoth(tx: Tx, principal: Principal, { poolId, userId }: Command): Promise<UserRow> {
  const { organizationId } = principal;
  const actor = await actorWith(tx, principal, 'manage_pools', { poolIds: [poolId], userId });
  const pool = await findPool(tx, organizationId, poolId);
  if (!pool) throw addPoolUser.fail('pool_not_found');
  const user = await lockUser(tx, organizationId, userId);
  if (!user) throw addPoolUser.fail('user_not_found');
  assertReaches(actor, user.role);
  return user;
}

function record(
  tx: Tx,
  principal: Principal,
  action: ActionName,
  { id, pool_ids }: UserRow,
  poolIds: PoolId[],
): Promise<void> {
  return recordFact(tx, principal.organizationId, {
    actor: actorSubject(principal),
    action,
    object: userSubject(id),
    before: { poolIds: pool_ids },
    after: { poolIds },
  });
}
