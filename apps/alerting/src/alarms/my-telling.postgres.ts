import type { AlarmPath } from '@relais/contracts';
import { rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';

export interface Telling {
  step: number;
  cycle: number;
  path: AlarmPath;
}

/**
 * Of these alarms, how one person was told last who has not answered; a socket or push before other ways of the same round. Looked up
 * by key for each round there may be: of an alarm to ten thousand people, these are a few.
 */
export async function tellingsOf(
  tx: Tx,
  organizationId: OrganizationId,
  userId: UserId,
  alarmIds: readonly string[],
): Promise<ReadonlyMap<string, Telling>> {
  const found = await rows<Telling & { alarm_id: string }>(
    tx,
    `SELECT DISTINCT ON (a.id) a.id AS alarm_id, n.step, n.cycle, n.path FROM alarm a
     JOIN alarm_recipient r ON r.organization_id = $1 AND r.alarm_id = a.id AND r.user_id = $2
       AND r.answer IS NULL AND r.handed_over_at IS NULL
     CROSS JOIN LATERAL generate_series(0, a.step_count - 1) AS s (step)
     CROSS JOIN LATERAL generate_series(0, a.repeats) AS c (cycle)
     CROSS JOIN LATERAL (SELECT m.step, m.cycle, m.path FROM notification m
       WHERE m.organization_id = $1 AND m.alarm_id = a.id AND m.step = s.step AND m.cycle = c.cycle AND m.user_id = $2
         AND m.state NOT IN ('failed', 'skipped') LIMIT 6) n
     WHERE a.organization_id = $1 AND a.id = ANY($3::uuid[])
     ORDER BY a.id, n.cycle DESC, n.step DESC, n.path <> 'socket', n.path <> 'push'`,
    [organizationId, userId, alarmIds],
  );
  return new Map(found.map(({ alarm_id, ...telling }) => [alarm_id, telling]));
}
