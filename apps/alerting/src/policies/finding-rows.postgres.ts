import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';

/** What is looked at. */
export interface Subject {
  kind: 'escalation-policy' | 'roster';
  id: string;
}

/** What was found the last time in a policy or a roster. */
export interface Looked extends Subject {
  errors: number;
  warnings: number;
}

export const keyOf = ({ kind, id }: Subject): string => `${kind}.${id}`;

const SUBJECTS = `SELECT 'escalation-policy' AS kind, p.id FROM escalation_policy p WHERE p.organization_id = $1
  UNION ALL SELECT 'roster', r.id FROM roster r WHERE r.organization_id = $1`;

/** What there is to look at: so many after the first `offset`, always in one order. */
export const subjectsOf = (
  tx: Tx,
  organizationId: OrganizationId,
  { offset, limit }: { offset: number; limit: number },
): Promise<Subject[]> =>
  rows<Subject>(tx, `SELECT s.kind, s.id FROM (${SUBJECTS}) s ORDER BY s.kind, s.id OFFSET $2 LIMIT $3`, [
    ...[organizationId, offset, limit],
  ]);

/** What was found in what is not there any more does not count. */
export const forgetGone = (tx: Tx, organizationId: OrganizationId): Promise<unknown> =>
  rows(tx, `DELETE FROM finding_count f WHERE f.organization_id = $1 AND (f.kind, f.subject_id) NOT IN (${SUBJECTS})`, [
    organizationId,
  ]);

/** How many errors each had the last time, by its key. */
export const errorsBefore = async (tx: Tx, organizationId: OrganizationId): Promise<Map<string, number>> => {
  const found = await rows<Subject & { errors: number }>(
    tx,
    'SELECT f.kind, f.subject_id AS id, f.errors FROM finding_count f WHERE f.organization_id = $1 FOR UPDATE',
    [organizationId],
  );
  return new Map(found.map((one) => [keyOf(one), one.errors]));
};

/** In place of what was found in these before. */
export const writeLooked = (tx: Tx, organizationId: OrganizationId, looked: readonly Looked[]): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO finding_count AS f (organization_id, subject_id, kind, errors, warnings)
     SELECT $1, l.id, l.kind, l.errors, l.warnings
     FROM jsonb_to_recordset($2::jsonb) AS l (id uuid, kind text, errors int, warnings int)
     ON CONFLICT (organization_id, kind, subject_id)
       DO UPDATE SET errors = excluded.errors, warnings = excluded.warnings, looked_at = now()`,
    [organizationId, JSON.stringify(looked)],
  );

/** In all of them together, as each was last looked at. */
export const foundInAll = (
  tx: Tx,
  organizationId: OrganizationId,
): Promise<{ error: number; warning: number } | null> =>
  row(
    tx,
    `SELECT coalesce(sum(f.errors), 0)::int AS error, coalesce(sum(f.warnings), 0)::int AS warning
     FROM finding_count f WHERE f.organization_id = $1`,
    [organizationId],
  );
