import { LIMITS, type Revocation, type Role } from '@relais/contracts';
import { type DeviceId, newId, type OrganizationId, type SessionId, type UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import { type Registration, registerDevice } from '../devices/device-rows.postgres.js';
import type { RevocationCause } from '../metrics.js';
import { revoke } from '../trust/revocations.postgres.js';
import { familyHash, newFamily, type RefreshToken, tokenHash } from './refresh-token.js';
import type { Grant } from './token-issuer.js';

// Every transaction locks in this order: organization, person, device, session.

export interface NewSession extends Registration {
  role: Role;
  amr: readonly string[];
  /** Read before anything else in this transaction: see trust/revocations.postgres.ts. */
  epoch: number;
}

/**
 * Opens a session on the device, which is added if it is new. Earlier sessions of the device end: one device, one session.
 * The caller has read the epoch and then locked the person's row.
 *
 * @throws AppError `device_id_reused`
 */
export async function startSession(tx: Tx, draft: NewSession): Promise<{ grant: Grant; revocations: Revocation[] }> {
  const { organizationId, userId, device, role, amr, epoch, now } = draft;
  const { keyThumbprint } = await registerDevice(tx, draft);
  const revocations = await endSessions(tx, 'replaced', organizationId, { deviceId: device.id });
  const sessionId = newId<SessionId>();
  const refreshToken = newFamily(organizationId);
  await rows(
    tx,
    `INSERT INTO session (organization_id, id, user_id, device_id, family_hash, amr, created_at, last_used_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`,
    [organizationId, sessionId, userId, device.id, familyHash(refreshToken), amr, now],
  );
  await addRefreshToken(tx, sessionId, 1, refreshToken);
  const grant = {
    organizationId,
    userId,
    deviceId: device.id,
    sessionId,
    role,
    amr,
    epoch,
    keyThumbprint,
    refreshToken,
    grantedAt: now,
  };
  return { grant, revocations };
}

/** Which sessions to end. */
export interface SessionSelection {
  userId?: UserId;
  deviceId?: DeviceId;
  sessionId?: SessionId;
  except?: SessionId;
}

/**
 * Ends sessions; refresh tokens go with them. Their access tokens are not revoked by this: revoke the person above them,
 * or use `endSessions`.
 */
export async function deleteSessions(
  tx: Tx,
  organizationId: OrganizationId,
  { userId, deviceId, sessionId, except }: SessionSelection,
): Promise<SessionId[]> {
  const ended = await rows<{ id: SessionId }>(
    tx,
    `DELETE FROM session s WHERE s.organization_id = $1
       AND ($2::uuid IS NULL OR s.user_id = $2) AND ($3::uuid IS NULL OR s.device_id = $3)
       AND ($4::uuid IS NULL OR s.id = $4) AND ($5::uuid IS NULL OR s.id <> $5)
     RETURNING s.id`,
    [organizationId, userId ?? null, deviceId ?? null, sessionId ?? null, except ?? null],
  );
  return ended.map(({ id }) => id);
}

/** Ends sessions and revokes their access tokens. */
export async function endSessions(
  tx: Tx,
  cause: RevocationCause,
  organizationId: OrganizationId,
  selection: SessionSelection,
): Promise<Revocation[]> {
  return revoke(tx, cause, await deleteSessions(tx, organizationId, selection));
}

export interface SessionRow {
  id: SessionId;
  user_id: UserId;
  device_id: DeviceId;
  generation: number;
  amr: string[];
  created_at: Date;
  last_used_at: Date;
}

export interface LiveSession extends SessionRow {
  role: Role;
  public_key: string;
  key_thumbprint: string;
}

/**
 * The session of a refresh token with its person and device, all three locked: nobody can put one of them out until the
 * transaction ends. Null when the session has ended or one of them may not sign in.
 */
export async function lockSession(tx: Tx, token: RefreshToken): Promise<LiveSession | null> {
  const { organizationId } = token;
  const found = await row<SessionRow>(
    tx,
    'SELECT s.* FROM session s WHERE s.organization_id = $1 AND s.family_hash = $2',
    [organizationId, familyHash(token)],
  );
  if (!found) return null;
  const person = await row<{ role: Role }>(
    tx,
    `SELECT u.role FROM app_user u WHERE u.organization_id = $1 AND u.id = $2 AND u.state = 'active' FOR SHARE`,
    [organizationId, found.user_id],
  );
  const device = await row<{ public_key: string; key_thumbprint: string }>(
    tx,
    `SELECT d.public_key, d.key_thumbprint FROM device d
     WHERE d.organization_id = $1 AND d.id = $2 AND d.state = 'active' FOR SHARE`,
    [organizationId, found.device_id],
  );
  const session = await row<SessionRow>(
    tx,
    'SELECT s.* FROM session s WHERE s.organization_id = $1 AND s.id = $2 FOR UPDATE',
    [organizationId, found.id],
  );
  return person && device && session ? { ...session, ...person, ...device } : null;
}

/** The generation of a refresh token of this session; null for one that is older than the last two, or made up. */
export async function generationOf(tx: Tx, sessionId: SessionId, token: RefreshToken): Promise<number | null> {
  const found = await row<{ generation: number }>(
    tx,
    'SELECT t.generation FROM refresh_token t WHERE t.organization_id = $1 AND t.token_hash = $2 AND t.session_id = $3',
    [token.organizationId, tokenHash(token), sessionId],
  );
  return found?.generation ?? null;
}

/** Puts `next` in the place of the tokens of the current generation, which stay known as the previous one. */
export async function advanceGeneration(tx: Tx, session: LiveSession, next: RefreshToken, now: Date): Promise<void> {
  const generation = session.generation + 1;
  await rows(tx, 'UPDATE session s SET generation = $3, last_used_at = $4 WHERE s.organization_id = $1 AND s.id = $2', [
    next.organizationId,
    session.id,
    generation,
    now,
  ]);
  await rows(
    tx,
    'DELETE FROM refresh_token t WHERE t.organization_id = $1 AND t.session_id = $2 AND t.generation < $3',
    [next.organizationId, session.id, session.generation],
  );
  await addRefreshToken(tx, session.id, generation, next);
}

export async function addRefreshToken(
  tx: Tx,
  sessionId: SessionId,
  generation: number,
  token: RefreshToken,
): Promise<void> {
  await rows(
    tx,
    'INSERT INTO refresh_token (organization_id, token_hash, session_id, generation) VALUES ($1, $2, $3, $4)',
    [token.organizationId, tokenHash(token), sessionId, generation],
  );
}

/** Sessions end after 30 days without use and after 90 days in any case. */
export const isOver = ({ created_at, last_used_at }: SessionRow, now: Date): boolean =>
  now.getTime() - last_used_at.getTime() > LIMITS.sessionIdleSeconds * 1_000 ||
  now.getTime() - created_at.getTime() > LIMITS.sessionAbsoluteSeconds * 1_000;

/** The sessions of a person with the names of their devices, the last used first; those that are over included. */
export const listSessionRows = (
  tx: Tx,
  organizationId: OrganizationId,
  userId: UserId,
): Promise<(SessionRow & { name_sealed: Buffer })[]> =>
  rows(
    tx,
    `SELECT s.*, d.name_sealed FROM session s
     JOIN device d ON d.organization_id = s.organization_id AND d.id = s.device_id
     WHERE s.organization_id = $1 AND s.user_id = $2 ORDER BY s.last_used_at DESC, s.id`,
    [organizationId, userId],
  );
