import { type Fact, factRecorded } from '@relais/contracts';
import type { World } from './world.js';

/** The facts of this action that were committed, oldest first. */
export async function factsOf({ db }: World, action: string): Promise<Fact[]> {
  const found: { data: Fact }[] = await db.query(
    `SELECT o.data FROM outbox o WHERE o.subject = $1 AND o.data ->> 'action' = $2 ORDER BY o.position`,
    [factRecorded.subject, action],
  );
  return found.map(({ data }) => data);
}
