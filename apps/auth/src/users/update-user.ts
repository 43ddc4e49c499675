import { Injectable } from '@nestjs/common';
import { type Revocation, updateUser, type User } from '@relais/contracts';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Database, type Tx } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { type Actor, actorOf, assertReaches, forbidden } from '../permissions/actor.postgres.js';
import { has } from '../permissions/permissions.js';
import { PersonalData } from '../sealing/personal-data.js';
import { deleteSessions } from '../sessions/session-rows.postgres.js';
import { revoke, Revocations } from '../trust/revocations.postgres.js';
import {
  changeUser,
  findUser,
  hasOtherOwner,
  lockOrganization,
  lockUser,
  toUser,
  type UserRow,
} from './user-rows.postgres.js';

type Command = z.output<typeof updateUser.input>;

/**
 * Changes a person. Everybody may rename themselves; the rest needs permission, and reaches only people and roles that are
 * not above the actor's own. Disabling takes the person's sessions and access tokens away with the same commit.
 */
@Injectable()
export class UpdateUserHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly revocations: Revocations,
    private readonly events: EventLog,
  ) {}

  async execute(principal: Principal, command: Command): Promise<User> {
    const { organizationId, userId: actorId } = principal;
    // May write a key for an id that does not exist; so the permission is checked before, and again inside.
    await this.db.within(organizationId, (tx) => this.assertAllowed(tx, principal, command));
    const nameSealed = await this.sealName(principal, command);
    const { user, revocations } = await this.db.within(organizationId, async (tx) => {
      await lockOrganization(tx, organizationId);
      const { before } = await this.assertAllowed(tx, principal, command);
      await this.assertOwnerStays(tx, principal, before, command);
      await changeUser(tx, organizationId, command.userId, { ...command, nameSealed });
      return {
        user: await findUser(tx, organizationId, command.userId),
        revocations: await this.putOut(tx, principal, before, command),
      };
    });
    this.revocations.announce(revocations);
    this.events.changed('auth.user_changed', organizationId, actorId, command.userId);
    if (!user) throw updateUser.fail('user_not_found');
    return toUser(await this.personal.reader(organizationId, [user.display_name_sealed]), user);
  }

  private async assertAllowed(tx: Tx, principal: Principal, command: Command): Promise<{ before: UserRow }> {
    const actor = await actorOf(tx, principal);
    if (!may(actor, command)) throw forbidden('manage_users');
    const before = await lockUser(tx, principal.organizationId, command.userId);
    if (!before) throw updateUser.fail('user_not_found');
    assertReaches(actor, before.role);
    if (command.role) assertReaches(actor, command.role);
    return { before };
  }

  private async assertOwnerStays(
    tx: Tx,
    { organizationId }: Principal,
    before: UserRow,
    command: Command,
  ): Promise<void> {
    const after = { role: command.role ?? before.role, state: command.state ?? before.state };
    const leaves =
      before.role === 'owner' && before.state === 'active' && (after.role !== 'owner' || after.state !== 'active');
    if (leaves && !(await hasOtherOwner(tx, organizationId, before.id))) throw updateUser.fail('last_owner');
  }

  private async putOut(
    tx: Tx,
    { organizationId }: Principal,
    before: UserRow,
    { state }: Command,
  ): Promise<Revocation[]> {
    if (state !== 'disabled' || before.state === 'disabled') return [];
    await deleteSessions(tx, organizationId, { userId: before.id });
    return revoke(tx, 'user', [before.id]);
  }

  private async sealName({ organizationId }: Principal, { userId, displayName }: Command): Promise<Buffer | null> {
    if (displayName === undefined) return null;
    return this.personal.sealOfUser(
      userId,
      { organizationId, column: 'app_user.display_name', rowId: userId },
      displayName,
    );
  }
}

/** A change of the own name needs no permission; a change of role needs one more. */
function may(actor: Actor, { userId, role, state }: Command): boolean {
  if (userId === actor.id && role === undefined && state === undefined) return true;
  return has(actor.role, 'manage_users') && (role === undefined || has(actor.role, 'manage_roles'));
}
