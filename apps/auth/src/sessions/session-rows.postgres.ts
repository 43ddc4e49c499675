import { type AuthenticationPolicy, type DevicePlatform, LIMITS, type Revocation, type Role } from '@relais/contracts';
import { type DeviceId, newId, type OrganizationId, type SessionId, type UserId } from '@relais/kernel';
import { policyOf } from '../authentication-policy/authentication-policy-rows.postgres.js';
import { demandOf, isAtLeast, strengthOf } from '../authentication-policy/strength.js';
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
  /** When the person showed who they are; now, where nothing is said. */
  authenticatedAt?: Date;
  /** When it ends in any case. */
  endsAt?: Date;
}

/**
 * Opens a session on the device, which is added if it is new. Earlier sessions of the device end: one device, one session.
 * The caller has read the epoch and then locked the person's row. A session of somebody who has shown less than is asked of
 * them is good for nothing but enrolling a factor, whichever way they came.
 *
 * @throws AppError `device_id_reused`
 */
export async function startSession(tx: Tx, draft: NewSession): Promise<{ grant: Grant; revocations: Revocation[] }> {
  const { organizationId, userId, device, role, amr, epoch, now, authenticatedAt = now } = draft;
  const policy = await policyOf(tx, organizationId, userId);
  const isLimited = !isAtLeast(strengthOf(amr), demandOf(policy, role));
  const { keyThumbprint } = await registerDevice(tx, draft);
  const endsAt = draft.endsAt ?? (amr.includes('brk') ? await endOfBreakGlass(tx, draft) : null);
  const revocations = await endSessions(tx, 'replaced', organizationId, { deviceId: device.id });
  const sessionId = newId<SessionId>();
  const refreshToken = newFamily(organizationId);
  await rows(
    tx,
    `INSERT INTO session (organization_id, id, user_id, device_id, family_hash, amr, created_at, last_used_at, authenticated_at, is_limited, ends_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $9, $8, $10)`,
    [
      organizationId,
      sessionId,
      userId,
      device.id,
      familyHash(refreshToken),
      amr,
      now,
      isLimited,
      authenticatedAt,
      endsAt,
    ],
  );
  await addRefreshToken(tx, sessionId, 1, refreshToken);
  const grant = {
    organizationId,
    userId,
    deviceId: device.id,
    sessionId,
    role,
    amr,
    authenticatedAt,
    endsAt,
    isLimited,
    epoch,
    keyThumbprint,
    refreshToken,
    grantedAt: now,
  };
  return { grant, revocations };
}

/** Whoever came in by break-glass stays no longer than that, whatever else they show meanwhile. */
async function endOfBreakGlass(tx: Tx, { organizationId, device, now }: NewSession): Promise<Date> {
  const found = await row<{ ends_at: Date | null }>(
    tx,
    'SELECT max(s.ends_at) AS ends_at FROM session s WHERE s.organization_id = $1 AND s.device_id = $2',
    [organizationId, device.id],
  );
  return found?.ends_at ?? now;
}

/** Which sessions to end. */
export interface SessionSelection {
  userId?: UserId;
  deviceId?: DeviceId;
  sessionId?: SessionId;
  except?: SessionId;
  /** Opened with this among what was shown. */
  method?: string;
}

/**
 * Ends sessions; refresh tokens go with them. Their access tokens are not revoked by this: revoke the person above them,
 * or use `endSessions`.
 */
export async function deleteSessions(
  tx: Tx,
  organizationId: OrganizationId,
  { userId, deviceId, sessionId, except, method }: SessionSelection,
): Promise<SessionId[]> {
  const ended = await rows<{ id: SessionId }>(
    tx,
    `DELETE FROM session s WHERE s.organization_id = $1
       AND ($2::uuid IS NULL OR s.user_id = $2) AND ($3::uuid IS NULL OR s.device_id = $3)
       AND ($4::uuid IS NULL OR s.id = $4) AND ($5::uuid IS NULL OR s.id <> $5)
       AND ($6::text IS NULL OR $6 = ANY(s.amr))
     RETURNING s.id`,
    [organizationId, userId ?? null, deviceId ?? null, sessionId ?? null, except ?? null, method ?? null],
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
  authenticated_at: Date;
  is_limited: boolean;
  created_at: Date;
  last_used_at: Date;
  ends_at: Date | null;
}

export interface LiveSession extends SessionRow {
  role: Role;
  public_key: string;
  key_thumbprint: string;
  platform: DevicePlatform;
  /** One that is to be wiped is recognised, and let in no more. */
  device_state: 'active' | 'wipe_pending';
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
  const device = await row<Pick<LiveSession, 'public_key' | 'key_thumbprint' | 'platform' | 'device_state'>>(
    tx,
    `SELECT d.public_key, d.key_thumbprint, d.platform, d.state AS device_state FROM device d
     WHERE d.organization_id = $1 AND d.id = $2 AND d.state IN ('active', 'wipe_pending') FOR SHARE`,
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

/** Sessions end after 30 days without use and after 90 days in any case, or sooner where a policy says so. */
export const isOver = (
  { created_at, last_used_at, ends_at }: SessionRow,
  now: Date,
  { sessionIdleSeconds, sessionAbsoluteSeconds }: SessionLimits = LIMITS,
): boolean =>
  (ends_at !== null && ends_at <= now) ||
  now.getTime() - last_used_at.getTime() > sessionIdleSeconds * 1_000 ||
  now.getTime() - created_at.getTime() > sessionAbsoluteSeconds * 1_000;

type SessionLimits = Pick<typeof LIMITS | AuthenticationPolicy, 'sessionIdleSeconds' | 'sessionAbsoluteSeconds'>;

/** The sessions of a person with the names of their devices, the last used first; those that are over included. */
export const listSessionRows = (
  tx: Tx,
  organizationId: OrganizationId,
  userId: UserId,
): Promise<(SessionRow & { name_sealed: Buffer; is_before_change: boolean })[]> =>
  rows(
    tx,
    `SELECT s.*, d.name_sealed, EXISTS (SELECT 1 FROM security_notice n
       WHERE n.organization_id = s.organization_id AND n.user_id = s.user_id AND n.raised_at > s.authenticated_at
         AND n.kind IN ('factor_added', 'factor_removed', 'factors_reset', 'password_changed', 'password_reset')) AS is_before_change
     FROM session s
     JOIN device d ON d.organization_id = s.organization_id AND d.id = s.device_id
     WHERE s.organization_id = $1 AND s.user_id = $2 ORDER BY s.last_used_at DESC, s.id`,
    [organizationId, userId],
  );
