import { Injectable } from '@nestjs/common';
import { type CustomRole, deleteRole, type Permission, putRole, ROLE_LIMITS } from '@relais/contracts';
import { Clock, type RoleId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, difference, type NewFact, recordFact } from '../facts/record-fact.js';
import { actorSomewhere, actorWith, forbidden } from '../permissions/actor.postgres.js';
import { mayShape } from '../permissions/delegation.js';
import { PersonalData } from '../sealing/personal-data.js';
import { lockOrganization } from '../users/user-rows.postgres.js';
import { deleteRoleRow, holdRole, listRoleRows, type RoleRow, toRoles, writeRole } from './role-rows.postgres.js';

type Command = z.output<typeof putRole.input>;

/**
 * Custom roles. Whoever shapes one has each of its permissions everywhere, those it had included. Roles of an organization change
 * one after the other: the organization's row is held.
 */
@Injectable()
export class CustomRolesHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly clock: Clock,
    private readonly freshness: Freshness,
  ) {}

  async list(principal: Principal): Promise<{ items: CustomRole[] }> {
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, async (tx) => {
      await actorSomewhere(tx, principal, 'manage_roles');
      return listRoleRows(tx, organizationId);
    });
    return { items: await toRoles(this.personal, organizationId, found) };
  }

  async put(principal: Principal, command: Command): Promise<CustomRole> {
    const { organizationId } = principal;
    // Writes a key for the organization at most; who may not is refused before.
    await this.db.within(organizationId, (tx) => actorWith(tx, principal, 'manage_roles'));
    const place = { organizationId, column: 'custom_role.name', rowId: command.id } as const;
    const nameSealed = await this.personal.seal(place, command.name);
    const written = await this.db.within(organizationId, (tx) => this.write(tx, principal, command, nameSealed));
    const [role] = await toRoles(this.personal, organizationId, [written]);
    return role as CustomRole;
  }

  remove(principal: Principal, id: RoleId): Promise<Record<never, never>> {
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      await lockOrganization(tx, organizationId);
      const role = await this.shapeable(tx, principal, id, []);
      if (!role) throw deleteRole.fail('role_not_found');
      await deleteRoleRow(tx, organizationId, id);
      const before = { permissions: role.permissions, assignments: role.assignments };
      await this.record(tx, principal, id, { action: 'role.deleted', before });
      return {};
    });
  }

  private async write(
    tx: Tx,
    principal: Principal,
    { id, permissions }: Command,
    nameSealed: Buffer,
  ): Promise<RoleRow> {
    const { organizationId } = principal;
    await lockOrganization(tx, organizationId);
    const before = await this.shapeable(tx, principal, id, permissions);
    if (!before && (await listRoleRows(tx, organizationId)).length >= ROLE_LIMITS.roles)
      throw putRole.fail('too_many_roles');
    await writeRole(tx, { organizationId, id, nameSealed, permissions, now: this.clock.now() });
    const change = before
      ? { action: 'role.changed' as const, ...difference({ permissions: before.permissions }, { permissions }) }
      : { action: 'role.made' as const, after: { permissions } };
    await this.record(tx, principal, id, change);
    return (await holdRole(tx, organizationId, id)) as RoleRow;
  }

  /** The role there is, if the actor may make it what it is to be. @throws AppError `forbidden`, `step_up_required` */
  private async shapeable(tx: Tx, principal: Principal, id: RoleId, after: readonly Permission[]) {
    const actor = await actorWith(tx, principal, 'manage_roles');
    const before = await holdRole(tx, principal.organizationId, id);
    if (!mayShape(actor.grants, before?.permissions ?? [], after)) throw forbidden('above your own permissions');
    await this.freshness.assertFresh(tx, principal);
    return before;
  }

  private record(tx: Tx, principal: Principal, id: RoleId, fact: Omit<NewFact, 'actor' | 'object'>): Promise<void> {
    return recordFact(tx, principal.organizationId, {
      actor: actorSubject(principal),
      object: { kind: 'role', id },
      ...fact,
    });
  }
}
