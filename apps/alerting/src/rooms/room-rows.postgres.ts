import { row, rows, type Tx } from '@relais/database';
import type { ConversationId, OrganizationId, UserId } from '@relais/kernel';

/** What the log of the conversation says already. */
export interface Said {
  content?: string;
  answers?: string;
  state?: string;
}

export interface RoomRow {
  conversation_id: ConversationId;
  actor_id: UserId | null;
  said: Said;
  lines: number;
  kept_apart: number;
  left_out: number;
}

export const insertRoom = (
  tx: Tx,
  organizationId: OrganizationId,
  room: { alarmId: string; conversationId: string; actorId: UserId | null },
): Promise<unknown> =>
  rows(tx, 'INSERT INTO alarm_room (organization_id, alarm_id, conversation_id, actor_id) VALUES ($1, $2, $3, $4)', [
    organizationId,
    room.alarmId,
    room.conversationId,
    room.actorId,
  ]);

export const findRoom = (tx: Tx, organizationId: OrganizationId, alarmId: string): Promise<RoomRow | null> =>
  row(
    tx,
    `SELECT r.conversation_id, r.actor_id, r.said, r.lines, r.kept_apart, r.left_out FROM alarm_room r
     WHERE r.organization_id = $1 AND r.alarm_id = $2`,
    [organizationId, alarmId],
  );

/** Who stands in its log stays the same from its first line on. */
export const writeRoom = (
  tx: Tx,
  organizationId: OrganizationId,
  alarmId: string,
  room: { actorId: UserId; said: Said; lines: number; keptApart: number; leftOut: number },
): Promise<unknown> =>
  rows(
    tx,
    `UPDATE alarm_room r SET actor_id = coalesce(r.actor_id, $3), said = $4, lines = $5, kept_apart = $6, left_out = $7
     WHERE r.organization_id = $1 AND r.alarm_id = $2`,
    [organizationId, alarmId, room.actorId, JSON.stringify(room.said), room.lines, room.keptApart, room.leftOut],
  );

/** Who belongs into it, at most so many: those with one of these answers, or everybody who was told. */
export const peopleFor = async (
  tx: Tx,
  organizationId: OrganizationId,
  alarmId: string,
  { answers, limit }: { answers: readonly string[] | null; limit: number },
): Promise<UserId[]> => {
  const found = await rows<{ user_id: UserId }>(
    tx,
    `SELECT r.user_id FROM alarm_recipient r WHERE r.organization_id = $1 AND r.alarm_id = $2
       AND ($3::text[] IS NULL OR r.answer = ANY($3)) ORDER BY r.answered_at NULLS LAST, r.told_at, r.user_id LIMIT $4`,
    [organizationId, alarmId, answers, limit],
  );
  return found.map(({ user_id }) => user_id);
};

/** How many gave which answer. */
export const answerCounts = (
  tx: Tx,
  organizationId: OrganizationId,
  alarmId: string,
): Promise<{ answer: string; n: number }[]> =>
  rows(
    tx,
    `SELECT r.answer, count(*)::int AS n FROM alarm_recipient r
     WHERE r.organization_id = $1 AND r.alarm_id = $2 AND r.answer IS NOT NULL GROUP BY r.answer`,
    [organizationId, alarmId],
  );
