import type { Severity } from '@relais/contracts';
import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';

/** So long a device may take, over all the ways that are tried meanwhile. */
const GRACE_SECONDS = 60;
/** Nobody hunts for those whom yesterday's alarm did not reach. */
const LOOK_BACK_HOURS = 24;

/** People told of an open alarm whom none of its tellings has reached, by severity; whoever has answered was reached. */
export const countUnreached = (
  tx: Tx,
  organizationId: OrganizationId,
): Promise<{ severity: Severity; recipients: number }[]> =>
  rows(
    tx,
    `SELECT a.severity, count(*)::int AS recipients FROM alarm a
     JOIN alarm_recipient r ON r.organization_id = a.organization_id AND r.alarm_id = a.id
     WHERE a.organization_id = $1 AND a.state = 'open' AND NOT a.is_silent
       AND a.opened_at > clock_timestamp() - interval '${LOOK_BACK_HOURS} hours'
       AND r.told_at < clock_timestamp() - interval '${GRACE_SECONDS} seconds' AND r.answer IS NULL
       AND NOT EXISTS (SELECT FROM notification n WHERE n.organization_id = r.organization_id
         AND n.alarm_id = r.alarm_id AND n.user_id = r.user_id AND n.received_at IS NOT NULL)
     GROUP BY a.severity`,
    [organizationId],
  );

/** For how long the oldest alarm that waits for a second person has waited, seconds; 0 when none does. */
export async function longestWait(tx: Tx, organizationId: OrganizationId): Promise<number> {
  const found = await row<{ seconds: number }>(
    tx,
    `SELECT coalesce(extract(epoch FROM clock_timestamp() - min(a.raised_at)), 0)::float8 AS seconds
     FROM alarm a WHERE a.organization_id = $1 AND a.state = 'awaiting_approval'`,
    [organizationId],
  );
  return found?.seconds ?? 0;
}
