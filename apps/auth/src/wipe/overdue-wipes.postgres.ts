import { counter } from '@relais/observability';
import type { OrganizationId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { deviceSubject, recordFact, systemSubject } from '../facts/record-fact.js';
import { takeOverdue } from './wipe-rows.postgres.js';

const overdue = counter('relais_auth_wipes_overdue_total', 'Orders to wipe that no device had confirmed after a day');

/** Says once of each order that the device has not confirmed for a day: somebody should look for it (P-14). */
export async function reportOverdueWipes(tx: Tx, organizationId: OrganizationId, now: Date): Promise<void> {
  for (const { device_id } of await takeOverdue(tx, organizationId, now)) {
    overdue.inc();
    await recordFact(tx, organizationId, {
      actor: systemSubject('housekeeping'),
      action: 'wipe.overdue',
      object: deviceSubject(device_id),
    });
  }
}
