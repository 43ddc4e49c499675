import type { OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { rows } from '../database/sql.js';
import type { SealedName } from '../sealing/personal-data.js';

/** A person or bot, and what their name is found by. */
export type Named = Pick<SealedName, 'beginnings'> & { id: UserId };

/**
 * Puts the beginnings of these names in the place of those there were. Belongs into the transaction that writes the name, after it:
 * the row of the person is locked by then, so that nobody else writes theirs.
 */
export async function writeBeginnings(tx: Tx, organizationId: OrganizationId, people: readonly Named[]): Promise<void> {
  const pairs = people.flatMap(({ id, beginnings }) => beginnings.map((digest) => ({ id, digest })));
  await rows(
    tx,
    `WITH said AS (SELECT s.user_id, s.digest FROM unnest($3::uuid[], $4::bigint[]) AS s (user_id, digest)),
       gone AS (DELETE FROM name_beginning n WHERE n.organization_id = $1 AND n.user_id = ANY($2::uuid[])
         AND NOT EXISTS (SELECT FROM said s WHERE s.user_id = n.user_id AND s.digest = n.digest))
     INSERT INTO name_beginning (organization_id, digest, user_id)
     SELECT $1, s.digest, s.user_id FROM said s ORDER BY s.digest, s.user_id ON CONFLICT DO NOTHING`,
    [organizationId, people.map(({ id }) => id), pairs.map(({ id }) => id), pairs.map(({ digest }) => digest)],
  );
}

export interface WrittenName {
  id: UserId;
  sealed: Buffer;
}

/** Names whose beginnings are not those that are written down: of people from before there were any, or renamed by a release before. */
export const unindexedNames = (
  tx: Tx,
  organizationId: OrganizationId,
  { after, limit }: { after: UserId | null; limit: number },
): Promise<WrittenName[]> =>
  rows(
    tx,
    `SELECT u.id, u.display_name_sealed AS sealed FROM app_user u
     WHERE u.organization_id = $1 AND u.name_indexed IS DISTINCT FROM sha256(u.display_name_sealed)
       AND ($2::uuid IS NULL OR u.id > $2) ORDER BY u.id LIMIT $3`,
    [organizationId, after, limit],
  );

/**
 * Writes the beginnings of names that were read before the transaction. Who was renamed since, or is written by somebody else
 * at this moment, is left as they are.
 *
 * @returns how many were written
 */
export async function indexNames(
  tx: Tx,
  organizationId: OrganizationId,
  names: ReadonlyMap<UserId, SealedName>,
): Promise<number> {
  const sealed = [...names.values()].map((name) => name.sealed);
  const free = await rows<{ id: UserId }>(
    tx,
    `SELECT u.id FROM unnest($2::uuid[], $3::bytea[]) AS r (id, sealed)
       JOIN app_user u ON u.organization_id = $1 AND u.id = r.id AND u.display_name_sealed = r.sealed
     WHERE u.name_indexed IS DISTINCT FROM sha256(u.display_name_sealed) FOR NO KEY UPDATE OF u SKIP LOCKED`,
    [organizationId, [...names.keys()], sealed],
  );
  const ids = free.map(({ id }) => id);
  await rows(
    tx,
    `UPDATE app_user u SET name_indexed = sha256(u.display_name_sealed)
     WHERE u.organization_id = $1 AND u.id = ANY($2::uuid[])`,
    [organizationId, ids],
  );
  const named = ids.map((id) => ({ id, beginnings: names.get(id)?.beginnings ?? [] }));
  await writeBeginnings(tx, organizationId, named);
  return ids.length;
}
