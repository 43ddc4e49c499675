import type { Permission, Role, Scope } from '@relais/contracts';
import { AppError, type OrganizationId, type PoolId, type UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { Tx } from '../database/database.js';
import { row } from '../database/sql.js';
import { covers, type GivenRole, type Grants, grantsOf, holds, type Reach } from './grants.js';
import { reaches } from './permissions.js';

/** The person who asks, as they stand in the database now: the role in their token may be minutes old. */
export interface Actor {
  id: UserId;
  organizationId: OrganizationId;
  role: Role;
  grants: Grants;
}

/** Whom or what is dealt with, where a delegation for some pools may be enough. */
export interface Target {
  /** Pools that are changed, or that something new will be in. */
  poolIds?: readonly PoolId[];
  /** A person, with every pool they are in. */
  userId?: UserId;
}

/** What somebody is, whether they are active or not. */
export interface Standing {
  role: Role;
  state: 'active' | 'disabled';
  pool_ids: PoolId[];
  given: GivenRole[];
}

/** What the caller lacks. */
export const forbidden = (says: string): AppError => new AppError('forbidden', 'forbidden', undefined, { says });
export const lacksPermission = (permission: Permission): AppError => forbidden(`needs the permission ${permission}`);

/** @throws AppError `forbidden` when the person is not active any more */
export async function actorOf(tx: Tx, { organizationId, userId }: Principal): Promise<Actor> {
  const found = await standingOf(tx, organizationId, userId);
  if (found?.state !== 'active') throw forbidden('this account is not active');
  return { id: userId, organizationId, role: found.role, grants: grantsOf(found.role, found.given) };
}

/**
 * The one door of permissions. Without a target the permission is needed everywhere; with one, a delegation is enough that
 * has all pools of the target in it. Of another person it takes, besides, that they have no permission the actor lacks.
 *
 * @throws AppError `forbidden`
 */
export async function actorWith(
  tx: Tx,
  principal: Principal,
  permission: Permission,
  target: Target = {},
): Promise<Actor> {
  const actor = await actorOf(tx, principal);
  const person = target.userId ? await standingOf(tx, actor.organizationId, target.userId) : null;
  const isScoped = target.userId !== undefined || target.poolIds !== undefined;
  const pools = [...(target.poolIds ?? []), ...(person?.pool_ids ?? [])];
  const isInside = target.userId === undefined || person !== null;
  if (!holds(actor.grants, permission, isScoped && isInside ? pools : 'everywhere')) throw lacksPermission(permission);
  const isOther = person !== null && target.userId !== actor.id;
  if (isOther && !covers(actor.grants, grantsOf(person.role, person.given)))
    throw forbidden('above your own permissions');
  return actor;
}

/**
 * The same where a scope opens it to bots. A bot has proved its key for this very token, and is not asked to show anything more.
 *
 * @throws AppError `forbidden`
 */
export async function actorOrBotWith(
  tx: Tx,
  principal: Principal,
  permission: Permission,
  scope: Scope,
): Promise<Actor | 'bot'> {
  const { scopes } = principal;
  if (!scopes) return actorWith(tx, principal, permission);
  if (!scopes.includes(scope)) throw forbidden(`needs the scope ${scope}`);
  return 'bot';
}

/** Where the actor has the permission, for lists. @throws AppError `forbidden` when nowhere */
export async function actorSomewhere(
  tx: Tx,
  principal: Principal,
  permission: Permission,
): Promise<{ actor: Actor; reach: Reach }> {
  const actor = await actorOf(tx, principal);
  const reach = actor.grants.get(permission);
  if (reach === undefined) throw lacksPermission(permission);
  return { actor, reach };
}

/** @throws AppError `forbidden` when the role is above the actor's own */
export function assertReaches(actor: Actor, role: Role): void {
  if (!reaches(actor.role, role)) throw forbidden('above your own role');
}

/** What somebody may do, whether they are active or not; null when there is no such person. */
export async function grantsOfUser(tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<Grants | null> {
  const found = await standingOf(tx, organizationId, userId);
  return found && grantsOf(found.role, found.given);
}

/** The pools of a reach for SQL: null stands for everywhere. */
export const poolsIn = (reach: Reach): PoolId[] | null => (reach === 'everywhere' ? null : [...reach]);

/** NOTE: custom roles count for people only: a bot has its scopes and nothing else. */
export const standingOf = (tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<Standing | null> =>
  row(
    tx,
    `SELECT u.role, u.state,
       ARRAY(SELECT p.pool_id FROM pool_user p
             WHERE p.organization_id = u.organization_id AND p.user_id = u.id)::text[] AS pool_ids,
       coalesce((SELECT jsonb_agg(jsonb_build_object('permissions', r.permissions, 'poolId', a.pool_id))
                 FROM role_assignment a
                 JOIN custom_role r ON r.organization_id = a.organization_id AND r.id = a.role_id
                 WHERE a.organization_id = u.organization_id AND a.user_id = u.id AND u.kind = 'person'), '[]') AS given
     FROM app_user u WHERE u.organization_id = $1 AND u.id = $2`,
    [organizationId, userId],
  );
