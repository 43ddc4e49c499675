import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';

export interface ReportSummary {
  recipients: number;
  reached: number;
  answered: number;
  steps: { step: number; cycle: number; firstAt: string; people: number }[];
}

export async function summaryOf(tx: Tx, organizationId: OrganizationId, alarmId: string): Promise<ReportSummary> {
  const counts = await row<Omit<ReportSummary, 'steps'>>(
    tx,
    `SELECT count(*)::int AS recipients, count(r.answered_at)::int AS answered,
       count(*) FILTER (WHERE EXISTS (SELECT FROM notification n WHERE n.organization_id = $1 AND n.alarm_id = $2
         AND n.user_id = r.user_id AND n.received_at IS NOT NULL))::int AS reached
     FROM alarm_recipient r WHERE r.organization_id = $1 AND r.alarm_id = $2`,
    [organizationId, alarmId],
  );
  const steps = await rows<{ step: number; cycle: number; first_at: Date; people: number }>(
    tx,
    `SELECT n.step, n.cycle, min(n.queued_at) AS first_at, count(DISTINCT n.user_id)::int AS people FROM notification n
     WHERE n.organization_id = $1 AND n.alarm_id = $2 GROUP BY n.step, n.cycle ORDER BY first_at, n.cycle, n.step`,
    [organizationId, alarmId],
  );
  return {
    ...(counts ?? { recipients: 0, reached: 0, answered: 0 }),
    steps: steps.map(({ first_at, ...rest }) => ({ ...rest, firstAt: first_at.toISOString() })),
  };
}
