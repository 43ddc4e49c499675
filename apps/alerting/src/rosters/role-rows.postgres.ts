import { rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { Round } from '../notifications/notification-rows.postgres.js';

export interface RoleRow {
  roster_id: string;
  step: number;
  cycle: number;
  user_id: UserId;
}

/** Holds the place of whoever comes on duty next, where a roster had nobody when an alarm came to it. */
const VACANT = '00000000-0000-0000-0000-000000000000' as UserId;

/** The rosters by which nobody is on duty keep the alarm for whoever comes: see `TakeAlong`. */
export const keepForRole = (
  tx: Tx,
  organizationId: OrganizationId,
  round: Round,
  rosterIds: readonly string[],
): Promise<unknown> =>
  tellByRole(
    tx,
    organizationId,
    round,
    rosterIds.map((rosterId) => ({ rosterId, userId: VACANT })),
  );

/** These people are told of an alarm because they are on duty. */
export const tellByRole = (
  tx: Tx,
  organizationId: OrganizationId,
  { alarmId, step, cycle }: Round,
  onDuty: readonly { rosterId: string; userId: UserId }[],
): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO alarm_role (organization_id, alarm_id, step, cycle, roster_id, user_id)
     SELECT $1, $2, $3, $4, g."rosterId", g."userId" FROM jsonb_to_recordset($5::jsonb) AS g ("rosterId" uuid, "userId" uuid)
     ON CONFLICT (organization_id, alarm_id, step, cycle, roster_id, user_id) DO UPDATE SET left_at = NULL`,
    [organizationId, alarmId, step, cycle, JSON.stringify(onDuty)],
  );

/** Who has an alarm by which role, the latest telling first. */
export const rolesOf = (tx: Tx, organizationId: OrganizationId, alarmId: string): Promise<RoleRow[]> =>
  rows<RoleRow>(
    tx,
    `SELECT t.roster_id, t.step, t.cycle, t.user_id FROM alarm_role t
     WHERE t.organization_id = $1 AND t.alarm_id = $2 AND t.left_at IS NULL ORDER BY t.cycle DESC, t.step DESC, t.user_id`,
    [organizationId, alarmId],
  );

/**
 * These people have the alarm by this role no more. Whoever has not answered, and was not told for another reason, is told
 * nothing more of it.
 */
export async function leaveRole(
  tx: Tx,
  organizationId: OrganizationId,
  { alarmId, rosterId, userIds }: { alarmId: string; rosterId: string; userIds: readonly UserId[] },
): Promise<void> {
  if (userIds.length === 0) return;
  await rows(
    tx,
    `UPDATE alarm_role t SET left_at = clock_timestamp() WHERE t.organization_id = $1 AND t.alarm_id = $2
       AND t.roster_id = $3 AND t.user_id = ANY($4::uuid[]) AND t.left_at IS NULL`,
    [organizationId, alarmId, rosterId, userIds],
  );
  await rows(
    tx,
    `UPDATE alarm_recipient r SET handed_over_at = clock_timestamp()
     WHERE r.organization_id = $1 AND r.alarm_id = $2 AND r.user_id = ANY($3::uuid[]) AND r.answer IS NULL
       AND NOT EXISTS (SELECT FROM alarm_role t WHERE t.organization_id = $1 AND t.alarm_id = $2
         AND t.user_id = r.user_id AND t.left_at IS NULL)
       AND NOT EXISTS (SELECT FROM notification n WHERE n.organization_id = $1 AND n.alarm_id = $2 AND n.user_id = r.user_id
         AND (EXISTS (SELECT FROM alarm_step s WHERE s.organization_id = $1 AND s.alarm_id = $2 AND s.step = n.step
             AND n.user_id = ANY(s.user_ids))
           OR NOT EXISTS (SELECT FROM alarm_role t WHERE t.organization_id = $1 AND t.alarm_id = $2 AND t.step = n.step
             AND t.cycle = n.cycle AND t.user_id = n.user_id)))`,
    [organizationId, alarmId, userIds],
  );
}
