import { Injectable } from '@nestjs/common';
import { addPoolUser, removePoolUser } from '@relais/contracts';
import { withOrganization } from '@relais/database';
import type { PoolId, UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { DataSource, type EntityManager } from 'typeorm';
import { rows } from '../database/sql.js';
import { EventLog } from '../event-log.js';
import { actorWith, assertReaches } from '../permissions/actor.js';
import { lockUser, type UserRow } from '../users/user-rows.postgres.js';
import { findPool } from './pool-rows.postgres.js';

type Command = { poolId: PoolId; userId: UserId };

/** Puts people into pools and takes them out again. Either may be repeated; the last pool of a person stays. */
@Injectable()
export class ChangePoolUsersHandler {
  constructor(
    private readonly db: DataSource,
    private readonly events: EventLog,
  ) {}

  async add(principal: Principal, command: Command): Promise<Record<never, never>> {
    const { organizationId } = principal;
    await withOrganization(this.db, organizationId, async (tx) => {
      await assertBoth(tx, principal, command);
      await rows(
        tx,
        'INSERT INTO pool_user (organization_id, pool_id, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
        [organizationId, command.poolId, command.userId],
      );
    });
    this.events.changed('auth.pool_user_added', organizationId, principal.userId, command.userId);
    return {};
  }

  /** @throws AppError `user_not_found` also when the person is not in this pool */
  async remove(principal: Principal, command: Command): Promise<Record<never, never>> {
    const { organizationId } = principal;
    await withOrganization(this.db, organizationId, async (tx) => {
      const user = await assertBoth(tx, principal, command);
      if (!user.pool_ids.includes(command.poolId)) throw removePoolUser.fail('user_not_found');
      if (user.pool_ids.length === 1) throw removePoolUser.fail('last_pool');
      await rows(tx, 'DELETE FROM pool_user m WHERE m.organization_id = $1 AND m.pool_id = $2 AND m.user_id = $3', [
        organizationId,
        command.poolId,
        command.userId,
      ]);
    });
    this.events.changed('auth.pool_user_removed', organizationId, principal.userId, command.userId);
    return {};
  }
}

/** Pool and person exist and the actor may; the person is locked, so that two removals do not take both last pools. */
async function assertBoth(tx: EntityManager, principal: Principal, { poolId, userId }: Command): Promise<UserRow> {
  const { organizationId } = principal;
  const actor = await actorWith(tx, principal, 'manage_pools');
  const pool = await findPool(tx, organizationId, poolId);
  if (!pool) throw addPoolUser.fail('pool_not_found');
  const user = await lockUser(tx, organizationId, userId);
  if (!user) throw addPoolUser.fail('user_not_found');
  assertReaches(actor, user.role);
  return user;
}
