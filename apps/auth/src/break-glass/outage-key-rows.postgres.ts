import type { OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';

export interface OutageKeyRow {
  id: string;
  public_key: string;
  label_sealed: Buffer;
  issued_by: UserId;
  created_at: Date;
  expires_at: Date;
  last_used_at: Date | null;
}

const COLUMNS = 'k.id, k.public_key, k.label_sealed, k.issued_by, k.created_at, k.expires_at, k.last_used_at';

export interface NewOutageKey {
  id: string;
  publicKey: string;
  labelSealed: Buffer;
  issuedBy: UserId;
  now: Date;
  expiresAt: Date;
}

/** Nothing where the id is taken. */
export const insertOutageKey = (tx: Tx, organizationId: OrganizationId, draft: NewOutageKey): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO outage_key (organization_id, id, public_key, label_sealed, issued_by, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
    [...[organizationId, draft.id, draft.publicKey, draft.labelSealed, draft.issuedBy, draft.now, draft.expiresAt]],
  );

export const findOutageKey = (tx: Tx, organizationId: OrganizationId, id: string): Promise<OutageKeyRow | null> =>
  row(tx, `SELECT ${COLUMNS} FROM outage_key k WHERE k.organization_id = $1 AND k.id = $2`, [organizationId, id]);

export const outageKeys = (tx: Tx, organizationId: OrganizationId): Promise<OutageKeyRow[]> =>
  rows(tx, `SELECT ${COLUMNS} FROM outage_key k WHERE k.organization_id = $1 ORDER BY k.created_at, k.id`, [
    organizationId,
  ]);

export const removeOutageKey = (tx: Tx, organizationId: OrganizationId, id: string): Promise<unknown> =>
  rows(tx, 'DELETE FROM outage_key k WHERE k.organization_id = $1 AND k.id = $2', [organizationId, id]);

/** Marks a use. False when this command, or a later one, was used before, or the key is not good any more. */
export async function useCommandOnce(
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  { signedAt, now }: { signedAt: number; now: Date },
): Promise<boolean> {
  const used = await rows(
    tx,
    `UPDATE outage_key k SET last_command_at = $3, last_used_at = $4
     WHERE k.organization_id = $1 AND k.id = $2 AND k.expires_at > $4
       AND (k.last_command_at IS NULL OR k.last_command_at < $3) RETURNING k.id`,
    [organizationId, id, signedAt, now],
  );
  return used.length === 1;
}

export const deleteOldOutageKeys = (tx: Tx, organizationId: OrganizationId, now: Date): Promise<unknown> =>
  rows(tx, 'DELETE FROM outage_key k WHERE k.organization_id = $1 AND k.expires_at < $2', [organizationId, now]);
