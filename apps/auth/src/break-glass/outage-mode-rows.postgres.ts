import type { OutageMeans } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';

export interface OutageModeRow {
  is_on: boolean;
  is_automatic: boolean;
  means: OutageMeans;
  reason_sealed: Buffer;
  changed_by: UserId | null;
  changed_at: Date;
}

const COLUMNS = 'o.is_on, o.is_automatic, o.means, o.reason_sealed, o.changed_by, o.changed_at';

/** Null where it was never switched. */
export const findOutageMode = (tx: Tx, organizationId: OrganizationId): Promise<OutageModeRow | null> =>
  row(tx, `SELECT ${COLUMNS} FROM outage_mode o WHERE o.organization_id = $1`, [organizationId]);

/** Whoever switches comes one after the other, also before it was ever switched. */
export async function lockOutageMode(tx: Tx, organizationId: OrganizationId): Promise<OutageModeRow | null> {
  await row(tx, 'SELECT o.organization_id FROM organization o WHERE o.organization_id = $1 FOR NO KEY UPDATE', [
    organizationId,
  ]);
  return findOutageMode(tx, organizationId);
}

export const isOutage = async (tx: Tx, organizationId: OrganizationId): Promise<boolean> =>
  (await findOutageMode(tx, organizationId))?.is_on ?? false;

export interface NewOutageMode {
  isOn: boolean;
  means: OutageMeans;
  reasonSealed: Buffer;
  changedBy: UserId | null;
  now: Date;
}

/** What a person or a key has switched is not automatic any more. */
export async function writeOutageMode(
  tx: Tx,
  organizationId: OrganizationId,
  { isOn, means, reasonSealed, changedBy, now }: NewOutageMode,
): Promise<void> {
  await rows(
    tx,
    `INSERT INTO outage_mode (organization_id, is_on, is_automatic, means, reason_sealed, changed_by, changed_at)
     VALUES ($1, $2, $3 = 'watch', $3, $4, $5, $6)
     ON CONFLICT (organization_id) DO UPDATE SET is_on = excluded.is_on, is_automatic = excluded.is_automatic,
       means = excluded.means, reason_sealed = excluded.reason_sealed, changed_by = excluded.changed_by,
       changed_at = excluded.changed_at`,
    [organizationId, isOn, means, reasonSealed, changedBy, now],
  );
}

export const makeAutomatic = (tx: Tx, organizationId: OrganizationId): Promise<unknown> =>
  rows(tx, 'UPDATE outage_mode o SET is_automatic = true WHERE o.organization_id = $1', [organizationId]);
