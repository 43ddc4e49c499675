import type { Role } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { DirectoryMark } from './directory-mark.js';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';

const LEASE_SECONDS = 60;

export interface DirectoryRow {
  id: string;
  settings_sealed: Buffer;
  next_run_at: Date | null;
  mark: DirectoryMark | null;
  people: number;
  /** Null where that was not kept yet. */
  made_by: UserId | null;
  /** A bot said last how it is read: it changes nobody who is more than a member, and is heard at runs alone. */
  is_said_by_bot: boolean;
}

const COLUMNS = `d.id, d.settings_sealed, d.next_run_at, d.mark, d.made_by, d.is_said_by_bot, (SELECT count(*)::int FROM external_identity e
  WHERE e.organization_id = d.organization_id AND e.source_id = d.id) AS people`;

export const findDirectory = (tx: Tx, organizationId: OrganizationId, id: string): Promise<DirectoryRow | null> =>
  row(tx, `SELECT ${COLUMNS} FROM directory d WHERE d.organization_id = $1 AND d.id = $2`, [organizationId, id]);

export const listDirectoryRows = (tx: Tx, organizationId: OrganizationId): Promise<DirectoryRow[]> =>
  rows(tx, `SELECT ${COLUMNS} FROM directory d WHERE d.organization_id = $1 ORDER BY d.id`, [organizationId]);

export interface WrittenDirectory {
  id: string;
  settingsSealed: Buffer;
  nextRunAt: Date | null;
  /** Stays who made it, whoever changes it. */
  madeBy: UserId;
  isSaidByBot: boolean;
  now: Date;
}

export async function writeDirectory(
  tx: Tx,
  organizationId: OrganizationId,
  { id, settingsSealed, nextRunAt, madeBy, isSaidByBot, now }: WrittenDirectory,
): Promise<void> {
  await rows(
    tx,
    `INSERT INTO directory (organization_id, id, settings_sealed, next_run_at, created_at, made_by, is_said_by_bot)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (organization_id, id) DO UPDATE SET settings_sealed = excluded.settings_sealed,
       next_run_at = excluded.next_run_at, is_said_by_bot = excluded.is_said_by_bot, mark = NULL`,
    [organizationId, id, settingsSealed, nextRunAt, now, madeBy, isSaidByBot],
  );
}

/** Forgets a directory and where its people came from; the people stay. */
export async function removeDirectory(tx: Tx, organizationId: OrganizationId, id: string): Promise<boolean> {
  await rows(tx, 'DELETE FROM external_identity e WHERE e.organization_id = $1 AND e.source_id = $2', [
    organizationId,
    id,
  ]);
  const gone = await rows(tx, 'DELETE FROM directory d WHERE d.organization_id = $1 AND d.id = $2 RETURNING d.id', [
    organizationId,
    id,
  ]);
  return gone.length === 1;
}

/** Takes the directory for a minute, or keeps it for another; false while another replica has it. On the database's clock. */
export async function lease(tx: Tx, organizationId: OrganizationId, id: string, owner: string): Promise<boolean> {
  const taken = await rows(
    tx,
    `UPDATE directory d SET lease_owner = $3, leased_until = clock_timestamp() + $4 * interval '1 second'
     WHERE d.organization_id = $1 AND d.id = $2
       AND (d.lease_owner = $3 OR d.leased_until IS NULL OR d.leased_until < clock_timestamp()) RETURNING d.id`,
    [organizationId, id, owner, LEASE_SECONDS],
  );
  return taken.length === 1;
}

export async function release(tx: Tx, organizationId: OrganizationId, id: string, owner: string): Promise<void> {
  await rows(
    tx,
    'UPDATE directory d SET lease_owner = NULL, leased_until = NULL WHERE d.organization_id = $1 AND d.id = $2 AND d.lease_owner = $3',
    [organizationId, id, owner],
  );
}

/**
 * Directories whose time has come; the next time is set with the same statement, so each is taken once. The run says when that is;
 * an hour later at the latest, where it came to no end.
 */
export const takeDue = (tx: Tx, organizationId: OrganizationId, now: Date): Promise<{ id: string }[]> =>
  rows(
    tx,
    `UPDATE directory d SET next_run_at = $2::timestamptz + interval '1 hour'
     WHERE d.organization_id = $1 AND d.next_run_at <= $2 RETURNING d.id`,
    [organizationId, now],
  );

export const setNextRun = (tx: Tx, organizationId: OrganizationId, id: string, at: Date | null): Promise<unknown> =>
  rows(tx, 'UPDATE directory d SET next_run_at = $3 WHERE d.organization_id = $1 AND d.id = $2', [
    organizationId,
    id,
    at,
  ]);

/** What the next run needs to read only what has changed; null has it read everybody. */
export const writeMark = (
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  mark: DirectoryMark | null,
): Promise<unknown> =>
  rows(tx, 'UPDATE directory d SET mark = $3 WHERE d.organization_id = $1 AND d.id = $2', [
    organizationId,
    id,
    mark && JSON.stringify(mark),
  ]);

export interface LinkedRow {
  external_index: Buffer;
  digest: Buffer;
  user_id: UserId;
  state: 'active' | 'disabled';
  role: Role;
}

/** Everybody who came from this source, a page at a time. */
export const linkedPage = (
  tx: Tx,
  organizationId: OrganizationId,
  sourceId: string,
  { after, limit }: { after: Buffer | null; limit: number },
): Promise<LinkedRow[]> =>
  rows(
    tx,
    `SELECT e.external_index, e.digest, e.user_id, u.state, u.role FROM external_identity e
     JOIN app_user u ON u.organization_id = e.organization_id AND u.id = e.user_id
     WHERE e.organization_id = $1 AND e.source_id = $2 AND ($3::bytea IS NULL OR e.external_index > $3)
     ORDER BY e.external_index LIMIT $4`,
    [organizationId, sourceId, after, limit],
  );
