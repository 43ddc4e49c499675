import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';

const UNDER_WAY = `a.state IN ('awaiting_approval', 'open', 'acknowledged')`;

/** Books somebody for a strict alarm. @returns false when another one that is under way has them */
export const book = async (tx: Tx, organizationId: OrganizationId, alarmId: string, userId: UserId): Promise<boolean> =>
  (await row(
    tx,
    `INSERT INTO booking AS b (organization_id, user_id, alarm_id) VALUES ($1, $2, $3)
     ON CONFLICT (organization_id, user_id) DO UPDATE SET alarm_id = excluded.alarm_id
       WHERE b.alarm_id = excluded.alarm_id OR NOT EXISTS (SELECT FROM alarm a
         WHERE a.organization_id = b.organization_id AND a.id = b.alarm_id AND ${UNDER_WAY})
     RETURNING b.user_id`,
    [organizationId, userId, alarmId],
  )) !== null;

export const release = (tx: Tx, organizationId: OrganizationId, alarmId: string, userId: UserId): Promise<unknown> =>
  rows(tx, 'DELETE FROM booking b WHERE b.organization_id = $1 AND b.user_id = $2 AND b.alarm_id = $3', [
    ...[organizationId, userId, alarmId],
  ]);

/** Which of these people a strict alarm under way has. */
export const bookedOf = async (tx: Tx, organizationId: OrganizationId, userIds: readonly UserId[]): Promise<UserId[]> =>
  (
    await rows<{ user_id: UserId }>(
      tx,
      `SELECT b.user_id FROM booking b JOIN alarm a ON a.organization_id = b.organization_id AND a.id = b.alarm_id
       WHERE b.organization_id = $1 AND b.user_id = ANY($2::uuid[]) AND ${UNDER_WAY}`,
      [organizationId, userIds],
    )
  ).map(({ user_id }) => user_id);
