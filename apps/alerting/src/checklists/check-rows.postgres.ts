import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';

export interface CheckRow {
  id: string;
  text_sealed: Buffer;
  digest: Buffer;
  assignee_id: UserId | null;
  due_at: Date | null;
  added_by: UserId | null;
  done_by: UserId | null;
  done_at: Date | null;
}

const COLUMNS = 'c.id, c.text_sealed, c.digest, c.assignee_id, c.due_at, c.added_by, c.done_by, c.done_at';

export interface NewCheck {
  id: string;
  textSealed: Buffer;
  digest: Buffer;
  assigneeId: UserId | null;
  /** Minutes after the alarm was raised. */
  dueMinutes: number | null;
  addedBy: UserId | null;
}

/** After those there are, in this order. An id that is taken stays what it is. */
export async function insertChecks(
  tx: Tx,
  organizationId: OrganizationId,
  alarmId: string,
  checks: readonly NewCheck[],
): Promise<void> {
  for (const check of checks)
    await rows(
      tx,
      `INSERT INTO alarm_check (organization_id, alarm_id, id, position, text_sealed, digest, assignee_id, due_at, added_by)
       SELECT a.organization_id, a.id, $3, (SELECT count(*) FROM alarm_check c WHERE c.organization_id = $1 AND c.alarm_id = $2),
         $4, $5, $6, a.raised_at + make_interval(mins => $7::int), $8
       FROM alarm a WHERE a.organization_id = $1 AND a.id = $2 ON CONFLICT DO NOTHING`,
      [
        ...[organizationId, alarmId, check.id, check.textSealed, check.digest, check.assigneeId, check.dueMinutes],
        check.addedBy,
      ],
    );
}

export const checksOf = (tx: Tx, organizationId: OrganizationId, alarmId: string): Promise<CheckRow[]> =>
  rows(
    tx,
    `SELECT ${COLUMNS} FROM alarm_check c WHERE c.organization_id = $1 AND c.alarm_id = $2 ORDER BY c.position, c.id`,
    [organizationId, alarmId],
  );

/** Null when it is as it is wanted already, or is not there. */
export const tickCheck = (
  tx: Tx,
  organizationId: OrganizationId,
  { alarmId, id, by }: { alarmId: string; id: string; by: UserId | null },
): Promise<CheckRow | null> =>
  row(
    tx,
    `UPDATE alarm_check c SET done_by = $4, done_at = CASE WHEN $4::uuid IS NULL THEN NULL ELSE clock_timestamp() END
     WHERE c.organization_id = $1 AND c.alarm_id = $2 AND c.id = $3 AND (c.done_at IS NULL) = ($4::uuid IS NOT NULL)
     RETURNING ${COLUMNS}`,
    [organizationId, alarmId, id, by],
  );
