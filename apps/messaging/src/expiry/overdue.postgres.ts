import { row, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import { KEPT } from '../keeping/kept.postgres.js';
import { GRACE_MS } from '../keeping/said.js';

/**
 * For how many seconds the content that ought to be cleared next has been due and is on the disks all the same; 0 where none is due.
 * What a shorter period has hidden is due when it can no longer be taken back. Reads the first row of two indexes.
 */
export async function oldestOverdueSeconds(tx: Tx, organizationId: OrganizationId): Promise<number> {
  const found = await row<{ seconds: number }>(
    tx,
    `SELECT greatest(0, extract(epoch FROM now() - least(
       (SELECT e.expires_at FROM entry e
        WHERE e.organization_id = $1 AND e.expires_at IS NOT NULL AND e.cleared_at IS NULL
        ORDER BY e.expires_at LIMIT 1),
       (SELECT greatest(oldest.recorded_at + make_interval(hours => 24 * k.keep_days), k.shortened_at + make_interval(secs => $2))
        FROM message_keeping k
        CROSS JOIN (SELECT e.recorded_at FROM entry e WHERE e.organization_id = $1 AND ${KEPT} ORDER BY e.recorded_at LIMIT 1) oldest
        WHERE k.organization_id = $1 AND k.keep_days IS NOT NULL))))::float8 AS seconds`,
    [organizationId, GRACE_MS / 1_000],
  );
  return found?.seconds ?? 0;
}
