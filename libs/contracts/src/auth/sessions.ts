import { z } from 'zod';
import { defineRequest, PASSWORD_TIMEOUT_MS } from '../define.js';
import { LIMITS } from '../limits.js';
import { deviceId, label, nothing, organizationId, sessionId, text, timestamp, userId } from '../primitives.js';
import { newDevice } from './device.js';
import { role } from './principal.js';

export const email = z.email().max(254);
export const password = text(LIMITS.passwordBytes);
/** The organization's short name, as people type it at login. */
export const handle = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, 'expected a-z, 0-9 and inner hyphens');

export const tokens = z.object({
  accessToken: z.string(),
  accessTokenExpiresAt: timestamp,
  refreshToken: z.string(),
  sessionId,
  userId,
  deviceId,
  organizationId,
  roles: z.array(role),
  /** The organization demands a factor that the person has not: enrol one, then step up. */
  limitedTo: z.literal('factors').optional(),
});
export type Tokens = z.infer<typeof tokens>;

/** Why somebody who has shown who they are cannot come in on this device; the details name it. */
export const DEVICE_REFUSALS = {
  device_id_reused: 'conflict',
  /** It waits for approval; try again once it is let in. */
  device_pending: 'forbidden',
  device_suspended: 'forbidden',
  too_many_devices: 'conflict',
  platform_not_allowed: 'forbidden',
  /** See `fetchWipeOrder`. */
  wipe_pending: 'forbidden',
} as const;

/** Opens a session with a password. All ways of failing look and take the same. */
export const openSession = defineRequest({
  subject: 'rpc.auth.session.open.v1',
  access: 'public',
  timeoutMs: PASSWORD_TIMEOUT_MS,
  input: z.strictObject({ organization: handle, email, password, device: newDevice }),
  output: tokens,
  errors: {
    login_failed: 'unauthenticated',
    /** The details are an `unfinishedLogin`. */
    factor_required: 'unauthenticated',
    login_throttled: 'rate_limited',
    login_overloaded: 'unavailable',
    ...DEVICE_REFUSALS,
  },
});

/** A compact JWS by the device's key over `{ rt: base64url(sha256(refreshToken)), iat }`, `typ: relais-refresh+jwt`. */
export const refreshProof = z.string().max(2_048);

/**
 * Rotates the tokens. The refresh token before the last is accepted for 30 s when the same device key signs
 * (a lost answer is not theft) and gives tokens of the same session; otherwise reuse ends the whole session.
 */
export const refreshSession = defineRequest({
  subject: 'rpc.auth.session.refresh.v1',
  access: 'public',
  input: z.strictObject({ refreshToken: z.string().max(512), proof: refreshProof }),
  output: tokens,
  errors: { refresh_failed: 'unauthenticated', wipe_pending: 'forbidden' },
});

export const session = z.object({
  id: sessionId,
  deviceId,
  deviceName: z.string(),
  createdAt: timestamp,
  lastUsedAt: timestamp,
  /** When its person last showed who they are. */
  authenticatedAt: timestamp,
  /** Password or factors were changed since then: end it if it is not your own. */
  isBeforeChange: z.boolean(),
  current: z.boolean(),
});
export type Session = z.infer<typeof session>;

export const listSessions = defineRequest({
  subject: 'rpc.auth.session.list.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ items: z.array(session) }),
  errors: {},
});

/** Ends one of the caller's sessions; without an id, the one that asks. */
export const closeSession = defineRequest({
  subject: 'rpc.auth.session.close.v1',
  access: 'user',
  input: z.strictObject({ sessionId: sessionId.optional() }),
  output: nothing,
  errors: { session_not_found: 'not_found' },
});

/** Needs the current password; ends every other session. */
export const changePassword = defineRequest({
  subject: 'rpc.auth.password.change.v1',
  access: 'user',
  timeoutMs: PASSWORD_TIMEOUT_MS,
  input: z.strictObject({ currentPassword: password, newPassword: password }),
  output: nothing,
  errors: {
    wrong_password: 'forbidden',
    password_refused: 'invalid',
    login_overloaded: 'unavailable',
    login_throttled: 'rate_limited',
  },
});

export const person = { email, displayName: label(LIMITS.displayNameBytes), password };
