import { DEVICE_COMPLIANCE_CHANGE, receiveSecurityEvent, SESSION_REVOKED } from '@relais/contracts';
import type { AppError } from '@relais/kernel';
import { z } from 'zod';

/** Of the signatures a transmitter may use, those that need its private key. */
export const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'];
/** A transmitter goes on trying while we are away, but what it says of a device is stale after a day. */
const MAX_AGE_SECONDS = 86_400;
const MAX_AHEAD_SECONDS = 300;

type SetErrorCode = Extract<keyof typeof receiveSecurityEvent.errors, `set_${string}`>;

/** @param description told to the transmitter */
export const setError = (code: SetErrorCode, description: string): AppError =>
  receiveSecurityEvent.fail(code, description, { details: { err: code.slice('set_'.length), description } });

const seconds = z.number().nonnegative().max(1e11);
const claims = z.looseObject({
  jti: z.string().min(1).max(512),
  iat: seconds,
  toe: seconds.optional(),
  /** Not in a security event token, so that none is taken for a token of another kind (RFC 8417, 2.2 and 4.6). */
  exp: z.never().optional(),
  events: z.record(z.string(), z.unknown()),
  sub_id: z.unknown().optional(),
});
const change = z.looseObject({
  current_status: z.enum(['compliant', 'not-compliant']),
  event_timestamp: seconds.optional(),
  /** Where drafts before the final specification had the subject. */
  subject: z.unknown().optional(),
});

/** Neither for every other event: acknowledged, and nothing to us. */
export interface SecurityEvent {
  jti: string;
  change?: { deviceName: string; isCompliant: boolean; at: Date };
  /** Whose sessions have ended: of a device, or of a person. */
  ended?: { deviceName?: string; email?: string };
}

/**
 * Reads the claims of a token whose signature, issuer and audience are right.
 *
 * @throws AppError `set_invalid_request`
 */
export function readSecurityEvent(payload: unknown, now: Date): SecurityEvent {
  const read = claims.safeParse(payload);
  if (!read.success) throw setError('set_invalid_request', 'not the claims of a security event token');
  const { jti, iat, toe, events, sub_id } = read.data;
  const ageSeconds = now.getTime() / 1_000 - iat;
  if (ageSeconds > MAX_AGE_SECONDS || ageSeconds < -MAX_AHEAD_SECONDS)
    throw setError('set_invalid_request', 'iat is not within the last 24 hours');
  if (events[SESSION_REVOKED] !== undefined)
    return { jti, ended: endedBy(sub_id ?? subjectOf(events[SESSION_REVOKED])) };
  const event = events[DEVICE_COMPLIANCE_CHANGE];
  if (event === undefined) return { jti };
  const said = change.safeParse(event);
  if (!said.success) throw setError('set_invalid_request', 'current_status is neither compliant nor not-compliant');
  const deviceName = deviceNameOf(sub_id ?? said.data.subject);
  if (deviceName === undefined) throw setError('set_invalid_request', 'the subject names no device');
  const saidAt = said.data.event_timestamp ?? toe ?? iat;
  // Nothing has happened later than now, whatever a clock elsewhere says: it would outdate every true word to come.
  const at = new Date(Math.min(saidAt * 1_000, now.getTime()));
  return { jti, change: { deviceName, isCompliant: said.data.current_status === 'compliant', at } };
}

const simple = z.union([
  z.looseObject({ format: z.literal('opaque'), id: z.string() }).transform(({ id }) => id),
  z.looseObject({ format: z.literal('iss_sub'), sub: z.string() }).transform(({ sub }) => sub),
  z.looseObject({ format: z.literal('uri'), uri: z.string() }).transform(({ uri }) => uri.replace(/^urn:uuid:/i, '')),
]);
const complex = z
  .looseObject({ format: z.literal('complex').optional(), device: simple })
  .transform(({ device }) => device);
const named = z.union([simple, complex]).pipe(z.string().min(1).max(256));

const email = z.looseObject({ format: z.literal('email'), email: z.string().min(3).max(320) });
const person = z.union([email, z.looseObject({ user: email }).transform(({ user }) => user)]);

const subjectOf = (event: unknown): unknown => z.looseObject({ subject: z.unknown() }).safeParse(event).data?.subject;

/** A device where one is named, which is less than all that its person has; else the person by their address. */
function endedBy(subject: unknown): NonNullable<SecurityEvent['ended']> {
  const deviceName = deviceNameOf(subject);
  if (deviceName !== undefined) return { deviceName };
  const named = person.safeParse(subject);
  if (!named.success) throw setError('set_invalid_request', 'the subject names no device and no address');
  return { email: named.data.email };
}

/** The device of a subject identifier (RFC 9493), alone or as the device of a complex one. */
function deviceNameOf(subject: unknown): string | undefined {
  const read = named.safeParse(subject);
  return read.success ? read.data : undefined;
}
