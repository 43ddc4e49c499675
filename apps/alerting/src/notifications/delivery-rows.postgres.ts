import { row, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import type { Round } from './notification-rows.postgres.js';

/**
 * What the provider says became of a message or a call. The first word stays, and what the device said itself stands above it.
 *
 * @returns the round that goes on by another way now, because the phone was not reached
 */
export async function noteDelivery(
  tx: Tx,
  organizationId: OrganizationId,
  notificationId: string,
  report: 'reached' | 'undeliverable',
): Promise<Round | null> {
  const found = await row<{ alarm_id: string; step: number; cycle: number }>(
    tx,
    report === 'reached'
      ? `UPDATE notification n SET state = 'received', received_at = clock_timestamp(),
           sent_at = coalesce(n.sent_at, clock_timestamp()), problem = NULL
         WHERE n.organization_id = $1 AND n.id = $2 AND n.path IN ('sms', 'voice') AND n.received_at IS NULL
           AND n.state IN ('sending', 'sent') RETURNING n.alarm_id, n.step, n.cycle`
      : `UPDATE notification n SET state = 'failed', problem = 'undeliverable'
         WHERE n.organization_id = $1 AND n.id = $2 AND n.path IN ('sms', 'voice') AND n.received_at IS NULL
           AND n.state IN ('sending', 'sent') RETURNING n.alarm_id, n.step, n.cycle`,
    [organizationId, notificationId],
  );
  if (!found || report === 'reached') return null;
  return { alarmId: found.alarm_id, step: found.step, cycle: found.cycle };
}
