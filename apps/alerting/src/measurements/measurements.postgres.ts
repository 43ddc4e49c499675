import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';

export type Measured = 'unreached' | 'awaiting' | 'findings' | 'probe' | 'drill_score';

/** What an organization measured last takes the place of what it measured before. */
export const measure = (
  tx: Tx,
  organizationId: OrganizationId,
  name: Measured,
  values: Readonly<Record<string, number>>,
): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO measurement AS m (organization_id, name, label, value)
     SELECT $1, $2, v.key, v.value::float8 FROM jsonb_each_text($3::jsonb) v
     ON CONFLICT (organization_id, name, label) DO UPDATE SET value = excluded.value, measured_at = now()`,
    [organizationId, name, JSON.stringify(values)],
  );

/** No longer measured. */
export const forgetMeasured = (
  tx: Tx,
  organizationId: OrganizationId,
  name: Measured,
  label: string,
): Promise<unknown> =>
  rows(tx, 'DELETE FROM measurement m WHERE m.organization_id = $1 AND m.name = $2 AND m.label = $3', [
    ...[organizationId, name, label],
  ]);

export async function lastMeasured(
  tx: Tx,
  organizationId: OrganizationId,
  name: Measured,
  label: string,
): Promise<number | null> {
  const found = await row<{ value: number }>(
    tx,
    'SELECT m.value FROM measurement m WHERE m.organization_id = $1 AND m.name = $2 AND m.label = $3',
    [organizationId, name, label],
  );
  return found?.value ?? null;
}

export interface Measurement {
  name: Measured;
  label: string;
  least: number;
  most: number;
  total: number;
  /** Since the oldest of them was measured. */
  age_seconds: number;
}

/** Over all organizations. */
export const measured = (tx: Tx): Promise<Measurement[]> =>
  rows<Measurement>(
    tx,
    `SELECT m.name, m.label, min(m.value) AS least, max(m.value) AS most, sum(m.value) AS total,
       extract(epoch FROM clock_timestamp() - min(m.measured_at))::float8 AS age_seconds
     FROM measurement m GROUP BY m.name, m.label`,
  );
