import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';

const CODES_PER_DAY = 10;
const TRIES = 5;
const MINUTES = 10;
/** Between two codes to one address. */
const PAUSE = `interval '60 seconds'`;

/** Counts one more code of this person before it is sent. False when there were enough today: who deletes and adds again counts on. */
export async function countCode(tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<boolean> {
  const counted = await row<{ sent: number }>(
    tx,
    `INSERT INTO contact_code_quota AS q (organization_id, user_id, began_at, sent) VALUES ($1, $2, now(), 1)
     ON CONFLICT (organization_id, user_id) DO UPDATE SET
       sent = CASE WHEN q.began_at < now() - interval '1 day' THEN 1 ELSE q.sent + 1 END,
       began_at = CASE WHEN q.began_at < now() - interval '1 day' THEN now() ELSE q.began_at END
     RETURNING q.sent`,
    [organizationId, userId],
  );
  return (counted?.sent ?? Infinity) <= CODES_PER_DAY;
}

/** Void is what was sent before. Null when that was just now, or the address needs none. */
export const writeCode = (
  tx: Tx,
  organizationId: OrganizationId,
  userId: UserId,
  id: string,
  codeIndex: Buffer,
): Promise<{ expires_at: Date } | null> =>
  row<{ expires_at: Date }>(
    tx,
    `UPDATE contact_point c SET code_index = $4, code_expires_at = now() + interval '${MINUTES} minutes', code_tries = 0
     WHERE c.organization_id = $1 AND c.user_id = $2 AND c.id = $3 AND c.usable_since IS NULL
       AND (c.code_expires_at IS NULL OR c.code_expires_at < now() + interval '${MINUTES} minutes' - ${PAUSE})
     RETURNING c.code_expires_at AS expires_at`,
    [organizationId, userId, id, codeIndex],
  );

/** Compares and sets in one: of any number at once with the right code one gets in, and of wrong ones five are looked at. */
export async function tryCode(
  tx: Tx,
  organizationId: OrganizationId,
  userId: UserId,
  id: string,
  codeIndex: Buffer,
): Promise<boolean> {
  const tried = await rows<{ is_right: boolean }>(
    tx,
    `UPDATE contact_point c SET code_tries = c.code_tries + 1,
       usable_since = CASE WHEN c.code_index = $4 THEN now() END,
       code_index = CASE WHEN c.code_index = $4 THEN NULL ELSE c.code_index END
     WHERE c.organization_id = $1 AND c.user_id = $2 AND c.id = $3 AND c.usable_since IS NULL AND c.code_index IS NOT NULL
       AND c.code_expires_at > clock_timestamp() AND c.code_tries < ${TRIES}
     RETURNING c.usable_since IS NOT NULL AS is_right`,
    [organizationId, userId, id, codeIndex],
  );
  return tried[0]?.is_right ?? false;
}
