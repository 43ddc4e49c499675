import { withoutOrganization } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import type { DataSource, EntityManager } from 'typeorm';
import { row, rows } from '../database/sql.js';

/** Which organization has this short name, or null. */
export async function organizationOf(db: DataSource, handle: string): Promise<OrganizationId | null> {
  const found = await withoutOrganization(db, (tx) =>
    row<{ organization_id: OrganizationId }>(
      tx,
      'SELECT h.organization_id FROM organization_handle h WHERE h.handle = $1',
      [handle],
    ),
  );
  return found?.organization_id ?? null;
}

/** All organizations, for housekeeping. */
export async function allOrganizations(db: DataSource): Promise<OrganizationId[]> {
  const found = await withoutOrganization(db, (tx) =>
    rows<{ organization_id: OrganizationId }>(
      tx,
      'SELECT h.organization_id FROM organization_handle h ORDER BY h.organization_id',
    ),
  );
  return found.map((one) => one.organization_id);
}

export const findOrganization = (
  tx: EntityManager,
  organizationId: OrganizationId,
): Promise<{ handle: string; name_sealed: Buffer } | null> =>
  row(tx, 'SELECT o.handle, o.name_sealed FROM organization o WHERE o.organization_id = $1', [organizationId]);
