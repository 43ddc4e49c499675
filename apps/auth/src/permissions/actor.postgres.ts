import type { Role } from '@relais/contracts';
import { AppError, type OrganizationId, type UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { Tx } from '../database/database.js';
import { row } from '../database/sql.js';
import { has, type Permission, reaches } from './permissions.js';

/** The person who asks, as they stand in the database now: the role in their token may be minutes old. */
export interface Actor {
  id: UserId;
  organizationId: OrganizationId;
  role: Role;
}

export const forbidden = (reason: string): AppError => new AppError('forbidden', 'forbidden', reason);

/** @throws AppError `forbidden` when the person is not active any more */
export async function actorOf(tx: Tx, { organizationId, userId }: Principal): Promise<Actor> {
  const found = await row<{ role: Role }>(
    tx,
    `SELECT u.role FROM app_user u WHERE u.organization_id = $1 AND u.id = $2 AND u.state = 'active'`,
    [organizationId, userId],
  );
  if (!found) throw forbidden('not active');
  return { id: userId, organizationId, role: found.role };
}

/** @throws AppError `forbidden` without the permission */
export async function actorWith(tx: Tx, principal: Principal, permission: Permission): Promise<Actor> {
  const actor = await actorOf(tx, principal);
  if (!has(actor.role, permission)) throw forbidden(permission);
  return actor;
}

/** @throws AppError `forbidden` when the role is above the actor's own */
export function assertReaches(actor: Actor, role: Role): void {
  if (!reaches(actor.role, role)) throw forbidden('above own role');
}
