import type { OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';

export interface QuotaRow {
  max_people: number;
  updated_at: Date;
  updated_by: UserId;
}

const SELECT = 'SELECT q.max_people, q.updated_at, q.updated_by FROM people_quota q WHERE q.organization_id = $1';

export const findQuota = (tx: Tx, organizationId: OrganizationId): Promise<QuotaRow | null> =>
  row(tx, SELECT, [organizationId]);

/** Of all who want to come in at a time, one after the other has it. */
export const lockQuota = (tx: Tx, organizationId: OrganizationId): Promise<QuotaRow | null> =>
  row(tx, `${SELECT} FOR UPDATE`, [organizationId]);

export async function writeQuota(tx: Tx, organizationId: OrganizationId, quota: QuotaRow): Promise<void> {
  await rows(
    tx,
    `INSERT INTO people_quota (organization_id, max_people, updated_at, updated_by) VALUES ($1, $2, $3, $4)
     ON CONFLICT (organization_id) DO UPDATE
       SET max_people = excluded.max_people, updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
    [organizationId, quota.max_people, quota.updated_at, quota.updated_by],
  );
}

export async function deleteQuota(tx: Tx, organizationId: OrganizationId): Promise<void> {
  await rows(tx, 'DELETE FROM people_quota q WHERE q.organization_id = $1', [organizationId]);
}

/** As they are once every transaction that had the quota before has ended: a statement of its own, after the lock. */
export async function countActivePeople(tx: Tx, organizationId: OrganizationId): Promise<number> {
  const found = await row<{ people: number }>(
    tx,
    `SELECT count(*)::int AS people FROM app_user u
     WHERE u.organization_id = $1 AND u.kind = 'person' AND u.state = 'active'`,
    [organizationId],
  );
  return found?.people ?? 0;
}
