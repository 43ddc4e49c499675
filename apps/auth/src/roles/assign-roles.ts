import { Injectable } from '@nestjs/common';
import { assignRole, ROLE_LIMITS, type RoleAssignment } from '@relais/contracts';
import type { PoolId, RoleId, UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { actorSomewhere, actorWith, forbidden, poolsIn } from '../permissions/actor.postgres.js';
import { mayGive } from '../permissions/delegation.js';
import { findPool } from '../pools/pool-rows.postgres.js';
import { lockUser } from '../users/user-rows.postgres.js';
import {
  type AssignmentKey,
  countAssignments,
  deleteAssignment,
  holdRole,
  insertAssignment,
  listAssignmentRows,
} from './role-rows.postgres.js';

type Command = { roleId: RoleId; userId: UserId; poolId?: PoolId | undefined };

/** Gives custom roles to people and takes them again, everywhere or for one pool. Both may be repeated. */
@Injectable()
export class AssignRolesHandler {
  constructor(
    private readonly db: Database,
    private readonly freshness: Freshness,
  ) {}

  list(principal: Principal, roleId: RoleId): Promise<{ items: RoleAssignment[] }> {
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      const { reach } = await actorSomewhere(tx, principal, 'manage_roles');
      if (!(await holdRole(tx, organizationId, roleId))) throw assignRole.fail('role_not_found');
      return { items: await listAssignmentRows(tx, organizationId, roleId, poolsIn(reach)) };
    });
  }

  assign(principal: Principal, command: Command): Promise<Record<never, never>> {
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      const key = await this.givable(tx, principal, command);
      if (key.poolId && !(await findPool(tx, organizationId, key.poolId))) throw assignRole.fail('pool_not_found');
      if ((await countAssignments(tx, organizationId, key.userId)) >= ROLE_LIMITS.assignmentsPerUser)
        throw assignRole.fail('too_many_roles');
      if (await insertAssignment(tx, organizationId, key)) await this.record(tx, principal, 'role.assigned', key);
      return {};
    });
  }

  unassign(principal: Principal, command: Command): Promise<Record<never, never>> {
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      const key = await this.givable(tx, principal, command);
      if (await deleteAssignment(tx, organizationId, key)) await this.record(tx, principal, 'role.unassigned', key);
      return {};
    });
  }

  /** Role and person exist, and the actor has what the role allows, in that scope. The person is locked. */
  private async givable(tx: Tx, principal: Principal, { roleId, userId, poolId }: Command): Promise<AssignmentKey> {
    const { organizationId } = principal;
    const target = { userId, ...(poolId ? { poolIds: [poolId] } : {}) };
    const actor = await actorWith(tx, principal, 'manage_roles', target);
    const role = await holdRole(tx, organizationId, roleId);
    if (!role) throw assignRole.fail('role_not_found');
    if (!mayGive(actor.grants, role.permissions, poolId ?? null)) throw forbidden('above your own permissions');
    await this.freshness.assertFresh(tx, principal);
    if (!(await lockUser(tx, organizationId, userId))) throw assignRole.fail('user_not_found');
    return { roleId, userId, poolId: poolId ?? null };
  }

  private record(
    tx: Tx,
    principal: Principal,
    action: 'role.assigned' | 'role.unassigned',
    { roleId, userId, poolId }: AssignmentKey,
  ): Promise<void> {
    const state = { roleId, poolId };
    return recordFact(tx, principal.organizationId, {
      actor: actorSubject(principal),
      action,
      object: userSubject(userId),
      ...(action === 'role.assigned' ? { after: state } : { before: state }),
    });
  }
}
