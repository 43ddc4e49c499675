import type { OrganizationId, PoolId } from '@relais/kernel';
import type { Database, Tx } from '../database/database.js';
import { row, rows, violates } from '../database/sql.js';

/** Which organization has this short name, or null. */
export async function organizationOf(db: Database, handle: string): Promise<OrganizationId | null> {
  const found = await db.outside((tx) =>
    row<{ organization_id: OrganizationId }>(
      tx,
      'SELECT h.organization_id FROM organization_handle h WHERE h.handle = $1',
      [handle],
    ),
  );
  return found?.organization_id ?? null;
}

/** All organizations, for housekeeping. */
export async function allOrganizations(db: Database): Promise<OrganizationId[]> {
  const found = await db.outside((tx) =>
    rows<{ organization_id: OrganizationId }>(
      tx,
      'SELECT h.organization_id FROM organization_handle h ORDER BY h.organization_id',
    ),
  );
  return found.map((one) => one.organization_id);
}

export const findOrganization = (
  tx: Tx,
  organizationId: OrganizationId,
): Promise<{ handle: string; name_sealed: Buffer } | null> =>
  row(tx, 'SELECT o.handle, o.name_sealed FROM organization o WHERE o.organization_id = $1', [organizationId]);

export interface NewOrganization {
  organizationId: OrganizationId;
  handle: string;
  nameSealed: Buffer;
  /** The default pool. */
  poolId: PoolId;
  poolNameSealed: Buffer;
  now: Date;
}

/** Adds an organization, its short name and its default pool. See `isHandleTaken`. */
export async function insertOrganization(tx: Tx, draft: NewOrganization): Promise<void> {
  const { organizationId, handle, nameSealed, poolId, poolNameSealed, now } = draft;
  await rows(tx, 'INSERT INTO organization_handle (handle, organization_id) VALUES ($1, $2)', [handle, organizationId]);
  await rows(
    tx,
    'INSERT INTO organization (organization_id, handle, name_sealed, created_at) VALUES ($1, $2, $3, $4)',
    [organizationId, handle, nameSealed, now],
  );
  await rows(
    tx,
    'INSERT INTO pool (organization_id, id, name_sealed, is_default, created_at) VALUES ($1, $2, $3, true, $4)',
    [organizationId, poolId, poolNameSealed, now],
  );
}

export const isHandleTaken = (thrown: unknown): boolean => violates(thrown, 'organization_handle_pkey');

export async function isTokenUsed(tx: Tx, tokenHash: Buffer): Promise<boolean> {
  return (await row(tx, 'SELECT b.token_hash FROM bootstrap b WHERE b.token_hash = $1', [tokenHash])) !== null;
}

/** Uses up a bootstrap token. Waits for whoever does the same at the same time; only the first gets true. */
export async function consumeToken(
  tx: Tx,
  tokenHash: Buffer,
  organizationId: OrganizationId,
  now: Date,
): Promise<boolean> {
  const consumed = await rows(
    tx,
    `INSERT INTO bootstrap (token_hash, organization_id, consumed_at) VALUES ($1, $2, $3)
     ON CONFLICT DO NOTHING RETURNING organization_id`,
    [tokenHash, organizationId, now],
  );
  return consumed.length > 0;
}
