import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';

export const readCursor = async (tx: Tx): Promise<string | null> =>
  (await row<{ cursor: string | null }>(tx, `SELECT b.cursor FROM address_book b WHERE b.name = 'auth'`))?.cursor ??
  null;

export const writeCursor = (tx: Tx, cursor: string): Promise<unknown> =>
  rows(tx, `UPDATE address_book b SET cursor = $1 WHERE b.name = 'auth'`, [cursor]);

export interface DirectoryContact {
  id: string;
  user_id: UserId;
  kind: 'email' | 'phone';
  locale: string;
  /** Hexadecimal. */
  index: string;
  sealed: string;
}

/** What the directory says of these people is this and nothing else from now on; what stays as it was keeps its id. */
export async function writeDirectoryContacts(
  tx: Tx,
  organizationId: OrganizationId,
  userIds: readonly UserId[],
  contacts: readonly DirectoryContact[],
): Promise<void> {
  const said = JSON.stringify(contacts);
  await rows(
    tx,
    `DELETE FROM contact_point c WHERE c.organization_id = $1 AND c.user_id = ANY($2::uuid[]) AND c.origin = 'directory'
       AND NOT EXISTS (SELECT FROM jsonb_to_recordset($3::jsonb) AS n (user_id uuid, kind text, index text)
         WHERE n.user_id = c.user_id AND n.kind = c.kind AND decode(n.index, 'hex') = c.address_index)`,
    [organizationId, userIds, said],
  );
  await rows(
    tx,
    `INSERT INTO contact_point (organization_id, user_id, id, kind, origin, address_sealed, address_index, locale, usable_since)
     SELECT $1, n.user_id, n.id, n.kind, 'directory', decode(n.sealed, 'hex'), decode(n.index, 'hex'), n.locale, now()
     FROM jsonb_to_recordset($2::jsonb) AS n (user_id uuid, id uuid, kind text, sealed text, index text, locale text)
     ORDER BY n.user_id, n.kind ON CONFLICT DO NOTHING`,
    [organizationId, said],
  );
}
