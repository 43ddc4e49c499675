import { Injectable } from '@nestjs/common';
import { type Revocation, updateUser, type User } from '@relais/contracts';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { tellContactsChanged } from '../contact-policy/tell-change.js';
import { Database, type Tx } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { actorSubject, difference, type NewFact, recordFact, userSubject } from '../facts/record-fact.js';
import { type Actor, actorOf, actorWith, assertReaches } from '../permissions/actor.postgres.js';
import { lockQuota } from '../people-quota/quota-rows.postgres.js';
import { PersonalData, type SealedName } from '../sealing/personal-data.js';
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
 * not above the actor's own; another role takes having just shown who one is. Disabling takes the person's sessions and access tokens away with the same commit.
 */
@Injectable()
export class UpdateUserHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly revocations: Revocations,
    private readonly freshness: Freshness,
    private readonly events: EventLog,
  ) {}

  async execute(principal: Principal, command: Command): Promise<User> {
    const { organizationId, userId: actorId } = principal;
    // May write a key for an id that does not exist; so the permission is checked before, and again inside.
    await this.db.within(organizationId, (tx) => this.assertAllowed(tx, principal, command));
    const name = await this.sealName(principal, command);
    const { user, revocations } = await this.db.within(organizationId, async (tx) => {
      await lockOrganization(tx, organizationId);
      if (command.state === 'active') await lockQuota(tx, organizationId);
      const { before } = await this.assertAllowed(tx, principal, command);
      await this.assertOwnerStays(tx, principal, before, command);
      await changeUser(tx, organizationId, command.userId, { ...command, name });
      await recordFact(tx, organizationId, {
        actor: actorSubject(principal),
        object: userSubject(command.userId),
        ...changeOf(before, command),
      });
      if (command.role && command.role !== before.role) await tellContactsChanged(tx, organizationId, [command.userId]);
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
    const actor = await actorFor(tx, principal, command);
    const before = await lockUser(tx, principal.organizationId, command.userId);
    if (!before) throw updateUser.fail('user_not_found');
    assertReaches(actor, before.role);
    if (command.role) {
      assertReaches(actor, command.role);
      await this.freshness.assertFresh(tx, principal);
    }
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

  private async sealName({ organizationId }: Principal, { userId, displayName }: Command): Promise<SealedName | null> {
    if (displayName === undefined) return null;
    return this.personal.sealName(organizationId, userId, displayName);
  }
}

/** A change of the own name needs no permission; a change of role needs one more. */
async function actorFor(tx: Tx, principal: Principal, { userId, role, state }: Command): Promise<Actor> {
  if (userId === principal.userId && role === undefined && state === undefined) return actorOf(tx, principal);
  if (role !== undefined) await actorWith(tx, principal, 'manage_roles', { userId });
  return actorWith(tx, principal, 'manage_users', { userId });
}

function changeOf(
  before: UserRow,
  { role, state, displayName }: Command,
): Pick<NewFact, 'action' | 'before' | 'after'> {
  const isMoved = state !== undefined && state !== before.state;
  const after = { role: role ?? before.role, state: state ?? before.state };
  const change = difference({ role: before.role, state: before.state }, after);
  const action = isMoved ? (state === 'disabled' ? 'user.disabled' : 'user.enabled') : 'user.changed';
  return { action, ...change, after: { ...change.after, ...(displayName === undefined ? {} : { renamed: true }) } };
}
