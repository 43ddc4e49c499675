import { rows } from '../src/database/sql.js';
import { unindexedNames } from '../src/users/name-index.postgres.js';
import type { Member, World } from './world.js';

/** Whose index is not that of the name they have, by id: nobody, whatever way names come in by. */
export function unfindable({ database, personal }: World, { tokens }: Member): Promise<string[]> {
  const { organizationId } = tokens;
  return database.within(organizationId, async (tx) => {
    const unindexed = await unindexedNames(tx, organizationId, { after: null, limit: 1_000 });
    const people = await rows<{ id: typeof tokens.userId; sealed: Buffer; beginnings: string[] }>(
      tx,
      `SELECT u.id, u.display_name_sealed AS sealed, ARRAY(SELECT n.digest::text FROM name_beginning n
         WHERE n.organization_id = u.organization_id AND n.user_id = u.id) AS beginnings FROM app_user u`,
    );
    const names = await personal.sealedNames(organizationId, people);
    const isRight = ({ id, beginnings }: (typeof people)[number]) =>
      beginnings.toSorted().join() === names.get(id)?.beginnings.toSorted().join();
    return [...unindexed, ...people.filter((one) => !isRight(one))].map(({ id }) => id);
  });
}
