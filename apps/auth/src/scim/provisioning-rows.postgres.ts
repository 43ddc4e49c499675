import type { OrganizationId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';

export interface ProvisioningRow {
  id: string;
  settings_sealed: Buffer;
  old_secret_until: Date | null;
  created_at: Date;
  people: number;
}

const COLUMNS = `c.id, c.settings_sealed, c.old_secret_until, c.created_at, (SELECT count(*)::int FROM scim_resource r
  WHERE r.organization_id = c.organization_id AND r.client_id = c.id AND r.kind = 'User') AS people`;

export const findClient = (tx: Tx, organizationId: OrganizationId, id: string): Promise<ProvisioningRow | null> =>
  row(tx, `SELECT ${COLUMNS} FROM provisioning_client c WHERE c.organization_id = $1 AND c.id = $2`, [
    organizationId,
    id,
  ]);

/** Whose secret this is, or was until a moment ago. */
export const findClientBySecret = (
  tx: Tx,
  organizationId: OrganizationId,
  secretHash: Buffer,
  now: Date,
): Promise<ProvisioningRow | null> =>
  row(
    tx,
    `SELECT ${COLUMNS} FROM provisioning_client c WHERE c.organization_id = $1
       AND (c.secret_hash = $2 OR (c.old_secret_hash = $2 AND c.old_secret_until > $3))`,
    [organizationId, secretHash, now],
  );

export const listClientRows = (tx: Tx, organizationId: OrganizationId): Promise<ProvisioningRow[]> =>
  rows(tx, `SELECT ${COLUMNS} FROM provisioning_client c WHERE c.organization_id = $1 ORDER BY c.id`, [organizationId]);

/** False, changing nothing, when there is one with this id. */
export async function insertClient(
  tx: Tx,
  organizationId: OrganizationId,
  client: { id: string; settingsSealed: Buffer; secretHash: Buffer; now: Date },
): Promise<boolean> {
  const added = await rows(
    tx,
    `INSERT INTO provisioning_client (organization_id, id, settings_sealed, secret_hash, created_at)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING id`,
    [organizationId, client.id, client.settingsSealed, client.secretHash, client.now],
  );
  return added.length === 1;
}

export async function rotateSecret(
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  { secretHash, oldUntil }: { secretHash: Buffer; oldUntil: Date },
): Promise<boolean> {
  const changed = await rows(
    tx,
    `UPDATE provisioning_client c SET secret_hash = $3, old_secret_hash = c.secret_hash, old_secret_until = $4
     WHERE c.organization_id = $1 AND c.id = $2 RETURNING c.id`,
    [organizationId, id, secretHash, oldUntil],
  );
  return changed.length === 1;
}

/** Forgets a client and what it kept here; its people and pools stay. */
export async function removeClient(tx: Tx, organizationId: OrganizationId, id: string): Promise<boolean> {
  await rows(tx, 'DELETE FROM external_identity e WHERE e.organization_id = $1 AND e.source_id = $2', [
    organizationId,
    id,
  ]);
  const gone = await rows(
    tx,
    'DELETE FROM provisioning_client c WHERE c.organization_id = $1 AND c.id = $2 RETURNING c.id',
    [organizationId, id],
  );
  return gone.length === 1;
}

export interface PutOuts {
  /** How many were put out since. */
  count: number;
  /** When the first of them was. */
  oldest: Date | null;
  /** People who came from the client and were in when the time began. */
  people: number;
}

/** Counts whom a client put out lately. Its row is locked, so that two requests do not both take the last place. */
export async function putOutsSince(
  tx: Tx,
  organizationId: OrganizationId,
  clientId: string,
  since: Date,
): Promise<PutOuts> {
  await rows(
    tx,
    'SELECT c.id FROM provisioning_client c WHERE c.organization_id = $1 AND c.id = $2 FOR NO KEY UPDATE',
    [organizationId, clientId],
  );
  await rows(tx, 'DELETE FROM provisioning_put_out p WHERE p.organization_id = $1 AND p.client_id = $2 AND p.at < $3', [
    organizationId,
    clientId,
    since,
  ]);
  const found = await row<PutOuts>(
    tx,
    `SELECT p.count, p.oldest, p.count + (SELECT count(*)::int FROM scim_resource r
       JOIN app_user u ON u.organization_id = r.organization_id AND u.id = r.user_id
       WHERE r.organization_id = $1 AND r.client_id = $2 AND u.state = 'active') AS people
     FROM (SELECT count(*)::int AS count, min(o.at) AS oldest FROM provisioning_put_out o
           WHERE o.organization_id = $1 AND o.client_id = $2) p`,
    [organizationId, clientId],
  );
  return found as PutOuts;
}

export const notePutOut = (
  tx: Tx,
  organizationId: OrganizationId,
  { clientId, userId, now }: { clientId: string; userId: string; now: Date },
): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO provisioning_put_out (organization_id, client_id, user_id, at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (organization_id, client_id, user_id) DO UPDATE SET at = excluded.at`,
    [organizationId, clientId, userId, now],
  );

export const forgetPutOuts = (tx: Tx, organizationId: OrganizationId, clientId: string): Promise<unknown> =>
  rows(tx, 'DELETE FROM provisioning_put_out p WHERE p.organization_id = $1 AND p.client_id = $2', [
    organizationId,
    clientId,
  ]);
