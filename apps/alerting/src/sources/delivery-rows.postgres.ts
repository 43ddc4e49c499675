import type { DeliveryOutcome } from '@relais/contracts';
import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';

const KEPT = 100;
const BODY_HOURS = 24;

export interface DeliveryRow {
  id: string;
  at: Date;
  outcome: DeliveryOutcome;
  problem_sealed: Buffer | null;
  alarm_id: string | null;
  body_sealed: Buffer | null;
}

/** Writes one down; of a source only the last ones stay. */
export async function insertDelivery(
  tx: Tx,
  organizationId: OrganizationId,
  sourceId: string,
  delivery: Omit<DeliveryRow, 'at'>,
): Promise<void> {
  await rows(
    tx,
    `INSERT INTO alarm_source_delivery (organization_id, source_id, id, outcome, problem_sealed, alarm_id, body_sealed)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      ...[organizationId, sourceId, delivery.id, delivery.outcome],
      ...[delivery.problem_sealed, delivery.alarm_id, delivery.body_sealed],
    ],
  );
  await rows(
    tx,
    `DELETE FROM alarm_source_delivery d WHERE d.organization_id = $1 AND d.source_id = $2 AND d.id <=
       (SELECT e.id FROM alarm_source_delivery e WHERE e.organization_id = $1 AND e.source_id = $2
        ORDER BY e.id DESC OFFSET ${KEPT} LIMIT 1)`,
    [organizationId, sourceId],
  );
}

/** Newest first. A body whose day is over is not shown, even before it is gone. */
export const deliveriesOf = (tx: Tx, organizationId: OrganizationId, sourceId: string): Promise<DeliveryRow[]> =>
  rows<DeliveryRow>(
    tx,
    `SELECT d.id, d.at, d.outcome, d.problem_sealed, d.alarm_id,
       CASE WHEN d.at > clock_timestamp() - interval '${BODY_HOURS} hours' THEN d.body_sealed END AS body_sealed
     FROM alarm_source_delivery d WHERE d.organization_id = $1 AND d.source_id = $2 ORDER BY d.id DESC LIMIT ${KEPT}`,
    [organizationId, sourceId],
  );

/** @returns whether any are left */
export async function forgetOldBodies(tx: Tx, organizationId: OrganizationId, sourceId: string): Promise<boolean> {
  await rows(
    tx,
    `UPDATE alarm_source_delivery d SET body_sealed = NULL WHERE d.organization_id = $1 AND d.source_id = $2
       AND d.body_sealed IS NOT NULL AND d.at <= clock_timestamp() - interval '${BODY_HOURS} hours'`,
    [organizationId, sourceId],
  );
  const left = await row(
    tx,
    `SELECT FROM alarm_source_delivery d WHERE d.organization_id = $1 AND d.source_id = $2 AND d.body_sealed IS NOT NULL
     LIMIT 1`,
    [organizationId, sourceId],
  );
  return left !== null;
}
