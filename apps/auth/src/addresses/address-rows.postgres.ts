import type { OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { rows } from '../database/sql.js';

export interface ChangedAddress {
  organization_id: OrganizationId;
  user_id: UserId;
  xid: string;
}

/**
 * Whose addresses have changed since, in the order of the transactions that did it; only what is before the oldest that still
 * runs, so that nothing comes in behind the cursor (R-D3). A cursor from the future, of another database, begins anew.
 */
export const changedAddresses = (
  tx: Tx,
  after: { xid: string; userId: string },
  limit: number,
): Promise<ChangedAddress[]> =>
  rows<ChangedAddress>(
    tx,
    `SELECT c.organization_id, c.user_id, c.xid::text AS xid FROM address_change c
     WHERE c.xid < pg_snapshot_xmin(pg_current_snapshot())
       AND (c.xid, c.user_id) > (CASE WHEN $1::xid8 < pg_snapshot_xmax(pg_current_snapshot()) THEN $1::xid8 ELSE '0' END, $2::uuid)
     ORDER BY c.xid, c.user_id LIMIT $3`,
    [after.xid, after.userId, limit],
  );

export interface AddressRow {
  id: UserId;
  email_sealed: Buffer;
  phone_sealed: Buffer | null;
}

/** Of the active people among these. */
export const addressesOf = (
  tx: Tx,
  organizationId: OrganizationId,
  userIds: readonly UserId[],
): Promise<AddressRow[]> =>
  rows<AddressRow>(
    tx,
    `SELECT u.id, u.email_sealed, u.phone_sealed FROM app_user u
     WHERE u.organization_id = $1 AND u.id = ANY($2::uuid[]) AND u.kind = 'person' AND u.state = 'active'`,
    [organizationId, userIds],
  );

/** Null takes it away. */
export const writePhone = (
  tx: Tx,
  organizationId: OrganizationId,
  userId: UserId,
  phoneSealed: Buffer | null,
): Promise<unknown> =>
  rows(tx, 'UPDATE app_user u SET phone_sealed = $3 WHERE u.organization_id = $1 AND u.id = $2', [
    organizationId,
    userId,
    phoneSealed,
  ]);
