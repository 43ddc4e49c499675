import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';

export interface RecipientRow {
  user_id: UserId;
  answer: string | null;
  eta_minutes: number | null;
  note_sealed: Buffer | null;
  answered_at: Date | null;
}

const COLUMNS = 'r.user_id, r.answer, r.eta_minutes, r.note_sealed, r.answered_at';

export const findRecipient = (
  tx: Tx,
  organizationId: OrganizationId,
  alarmId: string,
  userId: UserId,
): Promise<RecipientRow | null> =>
  row<RecipientRow>(
    tx,
    `SELECT ${COLUMNS} FROM alarm_recipient r WHERE r.organization_id = $1 AND r.alarm_id = $2 AND r.user_id = $3`,
    [organizationId, alarmId, userId],
  );

/** In the order of their ids. */
export const recipientsOf = (
  tx: Tx,
  organizationId: OrganizationId,
  alarmId: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<RecipientRow[]> =>
  rows<RecipientRow>(
    tx,
    `SELECT ${COLUMNS} FROM alarm_recipient r WHERE r.organization_id = $1 AND r.alarm_id = $2
       AND ($3::uuid IS NULL OR r.user_id > $3) ORDER BY r.user_id LIMIT $4`,
    [organizationId, alarmId, after, limit],
  );

/** Whom it still concerns: whoever was relieved of a duty before they answered hears nothing more. */
export const everyRecipient = async (tx: Tx, organizationId: OrganizationId, alarmId: string): Promise<UserId[]> =>
  (
    await rows<{ user_id: UserId }>(
      tx,
      `SELECT r.user_id FROM alarm_recipient r
       WHERE r.organization_id = $1 AND r.alarm_id = $2 AND r.handed_over_at IS NULL`,
      [organizationId, alarmId],
    )
  ).map(({ user_id }) => user_id);

/** @returns seconds from the first telling to the first answer, or null for a later answer */
export const writeAnswer = async (
  tx: Tx,
  organizationId: OrganizationId,
  alarmId: string,
  answer: { userId: UserId; key: string; etaMinutes: number | null; noteSealed: Buffer | null },
): Promise<number | null> => {
  const first = await row<{ seconds: number }>(
    tx,
    `WITH before AS (SELECT b.answered_at FROM alarm_recipient b
       WHERE b.organization_id = $1 AND b.alarm_id = $2 AND b.user_id = $3)
     UPDATE alarm_recipient r SET answer = $4, eta_minutes = $5, note_sealed = $6, answered_at = clock_timestamp(),
       handed_over_at = NULL
     FROM before b WHERE r.organization_id = $1 AND r.alarm_id = $2 AND r.user_id = $3
     RETURNING CASE WHEN b.answered_at IS NULL THEN extract(epoch FROM r.answered_at - r.told_at)::float8 END AS seconds`,
    [organizationId, alarmId, answer.userId, answer.key, answer.etaMinutes, answer.noteSealed],
  );
  return first?.seconds ?? null;
};

/** Who gave one of these answers, the earlier first. */
export const whoAnswered = async (
  tx: Tx,
  organizationId: OrganizationId,
  alarmId: string,
  keys: readonly string[],
): Promise<UserId[]> =>
  (
    await rows<{ user_id: UserId }>(
      tx,
      `SELECT r.user_id FROM alarm_recipient r
       WHERE r.organization_id = $1 AND r.alarm_id = $2 AND r.answer = ANY($3) ORDER BY r.answered_at, r.user_id`,
      [organizationId, alarmId, keys],
    )
  ).map(({ user_id }) => user_id);

/** How many gave one of these answers. */
export async function countAnswers(
  tx: Tx,
  organizationId: OrganizationId,
  alarmId: string,
  keys: readonly string[],
): Promise<number> {
  const counted = await row<{ n: number }>(
    tx,
    `SELECT count(*)::int AS n FROM alarm_recipient r
     WHERE r.organization_id = $1 AND r.alarm_id = $2 AND r.answer = ANY($3)`,
    [organizationId, alarmId, keys],
  );
  return counted?.n ?? 0;
}
