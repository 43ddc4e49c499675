import type { Role } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows, violates } from '../database/sql.js';

export interface IdentityProviderRow {
  id: string;
  settings_sealed: Buffer;
  /** The role of who last said how it is used: it links nobody above. */
  vouched_by: Role;
  people: number;
  /** Null where that was not kept yet. */
  made_by: UserId | null;
}

const COLUMNS = `i.id, i.settings_sealed, i.vouched_by, i.made_by, (SELECT count(*)::int FROM external_identity e
  WHERE e.organization_id = i.organization_id AND e.source_id = i.id) AS people`;

export const findProvider = (tx: Tx, organizationId: OrganizationId, id: string): Promise<IdentityProviderRow | null> =>
  row(tx, `SELECT ${COLUMNS} FROM identity_provider i WHERE i.organization_id = $1 AND i.id = $2`, [
    organizationId,
    id,
  ]);

export const listProviderRows = (tx: Tx, organizationId: OrganizationId): Promise<IdentityProviderRow[]> =>
  rows(tx, `SELECT ${COLUMNS} FROM identity_provider i WHERE i.organization_id = $1 ORDER BY i.created_at, i.id`, [
    organizationId,
  ]);

export interface WrittenProvider {
  id: string;
  settingsSealed: Buffer;
  vouchedBy: Role;
  /** Stays who made it, whoever changes it. */
  madeBy: UserId;
  now: Date;
}

export async function writeProvider(
  tx: Tx,
  organizationId: OrganizationId,
  { id, settingsSealed, vouchedBy, madeBy, now }: WrittenProvider,
): Promise<void> {
  await rows(
    tx,
    `INSERT INTO identity_provider (organization_id, id, settings_sealed, vouched_by, created_at, made_by) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (organization_id, id) DO UPDATE SET settings_sealed = excluded.settings_sealed, vouched_by = excluded.vouched_by`,
    [organizationId, id, settingsSealed, vouchedBy, now, madeBy],
  );
}

/** Forgets a provider, who its people are there and what it gave them; people, pools and roles stay. */
export async function removeProvider(tx: Tx, organizationId: OrganizationId, id: string): Promise<boolean> {
  await rows(tx, 'DELETE FROM external_identity e WHERE e.organization_id = $1 AND e.source_id = $2', [
    organizationId,
    id,
  ]);
  const gone = await rows(
    tx,
    'DELETE FROM identity_provider i WHERE i.organization_id = $1 AND i.id = $2 RETURNING i.id',
    [organizationId, id],
  );
  return gone.length === 1;
}

/** Who this is here; null when they have not signed in with it before. */
export async function findIdentity(
  tx: Tx,
  organizationId: OrganizationId,
  { providerId, externalIndex }: { providerId: string; externalIndex: Buffer },
): Promise<UserId | null> {
  const found = await row<{ user_id: UserId }>(
    tx,
    'SELECT e.user_id FROM external_identity e WHERE e.organization_id = $1 AND e.source_id = $2 AND e.external_index = $3',
    [organizationId, providerId, externalIndex],
  );
  return found?.user_id ?? null;
}

/** Whether the person is somebody at this provider already. */
export async function hasIdentity(
  tx: Tx,
  organizationId: OrganizationId,
  { providerId, userId }: { providerId: string; userId: UserId },
): Promise<boolean> {
  const found = await row(
    tx,
    'SELECT e.user_id FROM external_identity e WHERE e.organization_id = $1 AND e.source_id = $2 AND e.user_id = $3 LIMIT 1',
    [organizationId, providerId, userId],
  );
  return found !== null;
}

export interface NewIdentity {
  providerId: string;
  externalIndex: Buffer;
  userId: UserId;
  /** The subject, for whoever has to look somebody up there. */
  placeSealed: Buffer;
}

/** See `isIdentityTaken`. */
export async function insertIdentity(tx: Tx, organizationId: OrganizationId, identity: NewIdentity): Promise<void> {
  const { providerId, externalIndex, userId, placeSealed } = identity;
  await rows(
    tx,
    // A provider is asked at each login: there is nothing to compare with, so no digest.
    `INSERT INTO external_identity (organization_id, source_id, external_index, user_id, place_sealed, digest)
     VALUES ($1, $2, $3, $4, $5, '')`,
    [organizationId, providerId, externalIndex, userId, placeSealed],
  );
}

export const isIdentityTaken = (thrown: unknown): boolean => violates(thrown, 'external_identity_pkey');
