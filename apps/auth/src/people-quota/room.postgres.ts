import { AppError, type OrganizationId, type UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row } from '../database/sql.js';
import { peopleLimitReached } from '../metrics.js';
import { countActivePeople, findQuota, lockQuota } from './quota-rows.postgres.js';

const LIMIT_REACHED = 'people_limit_reached';

/**
 * Whether one more person may be active. Asked by the rows themselves, where somebody is added or made active, so that no way in
 * goes around it; others who come in wait until this transaction ends, so that all of them together are never more.
 *
 * NOTE: who locks people in the same transaction calls `lockQuota` before: it comes between organization and person.
 *
 * @throws AppError `people_limit_reached` (kind `conflict`); nothing was written by then, so the transaction can go on
 */
export async function assertRoom(tx: Tx, organizationId: OrganizationId): Promise<void> {
  if (await hasRoom(tx, organizationId)) return;
  peopleLimitReached();
  throw new AppError('conflict', LIMIT_REACHED, 'there are as many people as there may be: see setPeopleQuota');
}

/** For how many more there is room at this moment, held for nobody; infinite where there is no quota. */
export async function roomLeft(tx: Tx, organizationId: OrganizationId): Promise<number> {
  const quota = await findQuota(tx, organizationId);
  return quota ? Math.max(0, quota.max_people - (await countActivePeople(tx, organizationId))) : Infinity;
}

async function hasRoom(tx: Tx, organizationId: OrganizationId): Promise<boolean> {
  const quota = await lockQuota(tx, organizationId);
  return !quota || (await countActivePeople(tx, organizationId)) < quota.max_people;
}

/** The same for somebody who is here and is to be active: who is so already, and bots, take no room. */
export async function assertRoomFor(tx: Tx, organizationId: OrganizationId, id: UserId): Promise<void> {
  const comesBack = await row(
    tx,
    `SELECT u.id FROM app_user u
     WHERE u.organization_id = $1 AND u.id = $2 AND u.kind = 'person' AND u.state <> 'active'`,
    [organizationId, id],
  );
  if (comesBack) await assertRoom(tx, organizationId);
}

export const isFull = (error: unknown): boolean => error instanceof AppError && error.code === LIMIT_REACHED;
