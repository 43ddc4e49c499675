import { rows, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';

/** What was found the last time in a policy or a roster. */
export interface Looked {
  kind: 'escalation-policy' | 'roster';
  id: string;
  errors: number;
  warnings: number;
}

export const keyOf = ({ kind, id }: Pick<Looked, 'kind' | 'id'>): string => `${kind}.${id}`;

/** How many errors each had the last time, by its key. */
export const errorsBefore = async (tx: Tx, organizationId: OrganizationId): Promise<Map<string, number>> => {
  const found = await rows<{ kind: Looked['kind']; id: string; errors: number }>(
    tx,
    'SELECT f.kind, f.subject_id AS id, f.errors FROM finding_count f WHERE f.organization_id = $1 FOR UPDATE',
    [organizationId],
  );
  return new Map(found.map((one) => [keyOf(one), one.errors]));
};

/** In place of what was found before; what is gone is forgotten. */
export async function writeLooked(tx: Tx, organizationId: OrganizationId, looked: readonly Looked[]): Promise<void> {
  await rows(tx, 'DELETE FROM finding_count f WHERE f.organization_id = $1', [organizationId]);
  await rows(
    tx,
    `INSERT INTO finding_count (organization_id, subject_id, kind, errors, warnings)
     SELECT $1, l.id, l.kind, l.errors, l.warnings
     FROM jsonb_to_recordset($2::jsonb) AS l (id uuid, kind text, errors int, warnings int)`,
    [organizationId, JSON.stringify(looked)],
  );
}
