import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';

/** What alarms of this kind say they come from. */
export const PROBE = 'probe';
const KEPT_HOURS = 24;
const DELETED_AT_ONCE = 1_000;

/** How many test alarms somebody has raised within a minute. */
export async function countProbes(tx: Tx, organizationId: OrganizationId, raisedBy: UserId): Promise<number> {
  const found = await row<{ n: number }>(
    tx,
    `SELECT count(*)::int AS n FROM alarm a WHERE a.organization_id = $1 AND a.source = '${PROBE}' AND a.raised_by = $2
       AND a.raised_at > clock_timestamp() - interval '1 minute'`,
    [organizationId, raisedBy],
  );
  return found?.n ?? 0;
}

/** How long a test alarm took until a device had it, s; null when none has; undefined when there is no such alarm. */
export async function probeSeconds(
  tx: Tx,
  organizationId: OrganizationId,
  alarmId: string,
): Promise<number | null | undefined> {
  const found = await row<{ seconds: number | null }>(
    tx,
    `SELECT (SELECT extract(epoch FROM min(n.received_at) - a.opened_at)::float8 FROM notification n
       WHERE n.organization_id = $1 AND n.alarm_id = a.id) AS seconds
     FROM alarm a WHERE a.organization_id = $1 AND a.id = $2`,
    [organizationId, alarmId],
  );
  return found === null ? undefined : found.seconds;
}

/** Deletes the test alarms of before yesterday. @returns whether others are left */
export async function deleteOldProbes(tx: Tx, organizationId: OrganizationId): Promise<boolean> {
  await rows(
    tx,
    `DELETE FROM alarm a WHERE a.organization_id = $1 AND a.id IN (
       SELECT o.id FROM alarm o WHERE o.organization_id = $1 AND o.source = '${PROBE}'
         AND o.raised_at < clock_timestamp() - interval '${KEPT_HOURS} hours' LIMIT ${DELETED_AT_ONCE})`,
    [organizationId],
  );
  return (
    (await row(tx, `SELECT FROM alarm a WHERE a.organization_id = $1 AND a.source = '${PROBE}' LIMIT 1`, [
      organizationId,
    ])) !== null
  );
}
