import type { Wipe } from '@relais/contracts';
import type { DeviceId, OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';

/** How long a device may take before somebody should know. */
export const OVERDUE_SECONDS = 24 * 3_600;

export interface WipeRow {
  id: string;
  device_id: DeviceId;
  user_id: UserId;
  nonce: string;
  state: Wipe['state'];
  requested_at: Date;
  delivered_at: Date | null;
  finished_at: Date | null;
  overdue_at: Date | null;
}

const FROM = `SELECT w.*, d.user_id FROM wipe_order w
  JOIN device d ON d.organization_id = w.organization_id AND d.id = w.device_id`;

export async function insertWipe(
  tx: Tx,
  organizationId: OrganizationId,
  draft: { id: string; deviceId: DeviceId; nonce: string; requestedBy: UserId; now: Date },
): Promise<void> {
  await rows(
    tx,
    `INSERT INTO wipe_order (organization_id, id, device_id, nonce, state, requested_by, requested_at)
     VALUES ($1, $2, $3, $4, 'requested', $5, $6)`,
    [organizationId, draft.id, draft.deviceId, draft.nonce, draft.requestedBy, draft.now],
  );
}

/** The order that a device has still to carry out. */
export const openWipe = (tx: Tx, organizationId: OrganizationId, deviceId: DeviceId): Promise<WipeRow | null> =>
  row(
    tx,
    `${FROM} WHERE w.organization_id = $1 AND w.device_id = $2 AND w.state IN ('requested', 'delivered') FOR NO KEY UPDATE OF w`,
    [organizationId, deviceId],
  );

/** The last order, carried out or not. */
export const lastWipe = (tx: Tx, organizationId: OrganizationId, deviceId: DeviceId): Promise<WipeRow | null> =>
  row(tx, `${FROM} WHERE w.organization_id = $1 AND w.device_id = $2 ORDER BY w.requested_at DESC, w.id DESC LIMIT 1`, [
    organizationId,
    deviceId,
  ]);

export async function advanceWipe(
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  { to, now }: { to: Wipe['state']; now: Date },
): Promise<void> {
  await rows(
    tx,
    `UPDATE wipe_order w SET state = $3,
       delivered_at = CASE WHEN $3 = 'delivered' THEN coalesce(w.delivered_at, $4) ELSE w.delivered_at END,
       finished_at = CASE WHEN $3 IN ('wiped', 'cancelled') THEN $4 ELSE w.finished_at END
     WHERE w.organization_id = $1 AND w.id = $2`,
    [organizationId, id, to, now],
  );
}

/** Orders that have just become overdue; each is given once. */
export const takeOverdue = (
  tx: Tx,
  organizationId: OrganizationId,
  now: Date,
): Promise<{ id: string; device_id: DeviceId }[]> =>
  rows(
    tx,
    `UPDATE wipe_order w SET overdue_at = $2
     WHERE w.organization_id = $1 AND w.state IN ('requested', 'delivered') AND w.overdue_at IS NULL
       AND w.requested_at < $2::timestamptz - $3 * interval '1 second'
     RETURNING w.id, w.device_id`,
    [organizationId, now, OVERDUE_SECONDS],
  );

/** Orders by id, which is the order they were given in. */
export const listWipeRows = (
  tx: Tx,
  organizationId: OrganizationId,
  { after, limit }: { after: string | null; limit: number },
): Promise<WipeRow[]> =>
  rows(tx, `${FROM} WHERE w.organization_id = $1 AND ($2::uuid IS NULL OR w.id > $2) ORDER BY w.id LIMIT $3`, [
    organizationId,
    after,
    limit,
  ]);

export const toWipe = (found: WipeRow): Wipe => ({
  id: found.id as never,
  deviceId: found.device_id,
  userId: found.user_id,
  state: found.state,
  isOverdue: found.overdue_at !== null && found.finished_at === null,
  requestedAt: found.requested_at.toISOString(),
  ...(found.delivered_at ? { deliveredAt: found.delivered_at.toISOString() } : {}),
  ...(found.finished_at ? { finishedAt: found.finished_at.toISOString() } : {}),
});
