import type { OrganizationId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows, violates } from '../database/sql.js';

export interface EntryRow {
  id: string;
  email_index: Buffer | null;
  email_sealed: Buffer | null;
  domain: string | null;
  created_at: Date;
}

const COLUMNS = 'e.id, e.email_index, e.email_sealed, e.domain, e.created_at';

export const listEntryRows = (tx: Tx, organizationId: OrganizationId): Promise<EntryRow[]> =>
  rows(tx, `SELECT ${COLUMNS} FROM registration_entry e WHERE e.organization_id = $1 ORDER BY e.created_at, e.id`, [
    organizationId,
  ]);

export const findEntry = (tx: Tx, organizationId: OrganizationId, id: string): Promise<EntryRow | null> =>
  row(tx, `SELECT ${COLUMNS} FROM registration_entry e WHERE e.organization_id = $1 AND e.id = $2`, [
    organizationId,
    id,
  ]);

export async function insertEntry(tx: Tx, organizationId: OrganizationId, entry: EntryRow): Promise<void> {
  await rows(
    tx,
    `INSERT INTO registration_entry (organization_id, id, email_index, email_sealed, domain, created_at)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [organizationId, entry.id, entry.email_index, entry.email_sealed, entry.domain, entry.created_at],
  );
}

/** Whether this is a second entry for one address or domain. */
export const isListed = (thrown: unknown): boolean =>
  violates(thrown, 'registration_entry_email_key') || violates(thrown, 'registration_entry_domain_key');

export async function deleteEntry(tx: Tx, organizationId: OrganizationId, id: string): Promise<void> {
  await rows(tx, 'DELETE FROM registration_entry e WHERE e.organization_id = $1 AND e.id = $2', [organizationId, id]);
}

/** Whether nothing is listed, or one of the entries is this address or its domain. */
export async function isOnList(
  tx: Tx,
  organizationId: OrganizationId,
  emailIndex: Buffer,
  domain: string,
): Promise<boolean> {
  const found = await row<{ may: boolean }>(
    tx,
    `SELECT NOT EXISTS (SELECT FROM registration_entry e WHERE e.organization_id = $1)
       OR EXISTS (SELECT FROM registration_entry e
                  WHERE e.organization_id = $1 AND (e.email_index = $2 OR e.domain = $3)) AS may`,
    [organizationId, emailIndex, domain],
  );
  return found?.may === true;
}
