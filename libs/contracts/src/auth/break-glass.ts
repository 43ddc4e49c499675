import { z } from 'zod';
import { defineEvent, defineRequest } from '../define.js';
import {
  deviceId,
  eventId,
  id,
  nothing,
  organizationId,
  pageOf,
  pageRequest,
  text,
  timestamp,
  userId,
} from '../primitives.js';
import { handle, tokens } from './sessions.js';

const credentialId = id();

export const BREAK_GLASS = {
  /** Longest session it opens, s; nothing makes it longer. */
  sessionSeconds: 8 * 3_600,
  perPerson: 5,
  maxDays: 365,
  /** The type of the device's signed statement: see `breakGlassLogin`. */
  statementType: 'relais-break-glass+jwt',
} as const;

export const breakGlass = z.object({
  id: credentialId,
  userId,
  deviceId,
  issuedBy: userId,
  createdAt: timestamp,
  expiresAt: timestamp,
  lastUsedAt: timestamp.optional(),
});
export type BreakGlass = z.infer<typeof breakGlass>;

/** For one device of one person, issued beforehand. The secret is shown once: keep it where no network is needed. */
export const issueBreakGlass = defineRequest({
  subject: 'rpc.auth.break-glass.issue.v1',
  access: 'user',
  input: z.strictObject({ userId, deviceId, validDays: z.int().min(1).max(BREAK_GLASS.maxDays) }),
  output: breakGlass.extend({ secret: z.string() }),
  errors: { user_not_found: 'not_found', device_not_found: 'not_found', too_many_credentials: 'conflict' },
});

export const listBreakGlass = defineRequest({
  subject: 'rpc.auth.break-glass.list.v1',
  access: 'user',
  input: z.strictObject({ userId: userId.optional(), ...pageRequest }),
  output: pageOf(breakGlass),
  errors: {},
});

/** It works no more, and the sessions that its device has by break-glass end. */
export const revokeBreakGlass = defineRequest({
  subject: 'rpc.auth.break-glass.revoke.v1',
  access: 'user',
  input: z.strictObject({ credentialId }),
  output: nothing,
  errors: { credential_not_found: 'not_found' },
});

/**
 * The way in when all others are gone: while outage mode is on, or while everything the person comes from, identity
 * providers and directories, does not answer this service. `proof` is a compact JWS by the device's key over
 * `{ dev: deviceId, sec: base64url(sha256(secret)), iat }`, `typ: relais-break-glass+jwt`, good once. The session ends after
 * eight hours at the latest. All ways of failing look alike.
 */
export const breakGlassLogin = defineRequest({
  subject: 'rpc.auth.break-glass.login.v1',
  access: 'public',
  timeoutMs: 15_000,
  input: z.strictObject({ organization: handle, deviceId, secret: text(256), proof: z.string().max(2_048) }),
  output: tokens,
  errors: { login_failed: 'unauthenticated', login_throttled: 'rate_limited' },
});

export const breakGlassReason = z.enum(['outage_mode', 'sources_unreachable']);
export type BreakGlassReason = z.infer<typeof breakGlassReason>;

/** Somebody came in by break-glass: worth an alarm each time. */
export const breakGlassUsed = defineEvent({
  subject: 'evt.auth.break-glass.used.v1',
  data: z.strictObject({
    id: eventId,
    organizationId,
    at: timestamp,
    userId,
    deviceId,
    credentialId,
    reason: breakGlassReason,
  }),
});
export type BreakGlassUsed = z.infer<typeof breakGlassUsed.data>;
