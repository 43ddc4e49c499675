import { counter, gauge, histogram } from '@relais/observability';
import type { VerificationOutcome } from '@relais/security';

const attempts = counter('relais_auth_attempts_total', 'Ways into a session tried, by outcome', [
  'method',
  'outcome',
  'reason',
]);
const hashSeconds = histogram(
  'relais_auth_password_hash_duration_seconds',
  'Time of one password hash, without waiting',
);
const waiting = gauge('relais_auth_password_hash_waiting', 'Password hashes waiting for their turn');
const keyExpiry = gauge('relais_auth_signing_key_expiry_timestamp_seconds', 'When a signing key stops signing', [
  'key',
]);
const revoked = counter('relais_auth_revocations_total', 'Users, devices and sessions put out, by cause', ['cause']);
const verifications = counter('relais_auth_token_verifications_total', 'Access tokens verified by this replica', [
  'outcome',
]);
const directoryRuns = counter(
  'relais_auth_directory_runs_total',
  'Runs of directories that ended or stopped, by state',
  ['state'],
);
const limitReached = counter(
  'relais_auth_people_limit_reached_total',
  'People who did not come in or back because their organization has as many as it may',
);
const reused = counter(
  'relais_auth_refresh_reuse_total',
  'Refresh tokens used again by somebody else: the session was ended',
);
const unrecorded = counter('relais_audit_write_failures_total', 'Refusals that could not be written among the facts');

const METHODS = [
  'bot',
  'password',
  'refresh',
  'invitation',
  'bootstrap',
  'factor',
  'passkey',
  'step_up',
  'oidc',
  'break_glass',
] as const;
export type Method = (typeof METHODS)[number];
export type RefusalReason =
  | 'credentials'
  | 'throttled'
  | 'overloaded'
  | 'device'
  | 'expired'
  | 'proof'
  | 'reuse'
  | 'wipe'
  | 'token'
  | 'password'
  | 'taken'
  | 'not_listed'
  | 'full'
  | 'error';
export type RevocationCause =
  'user' | 'removed' | 'device' | 'logout' | 'password' | 'factors' | 'reuse' | 'replaced' | 'break_glass' | 'signal';

/** What was refused is not among the facts. What is done and cannot be written there is not done: it fails with its transaction. */
export const auditWriteFailed = (): void => unrecorded.inc();

/** Somebody got a session or new tokens. */
export const admitted = (method: Method): void => attempts.inc({ method, outcome: 'ok', reason: 'none' });

/** Somebody did not. */
export const refused = (method: Method, reason: RefusalReason): void =>
  attempts.inc({ method, outcome: 'refused', reason });

/** Somebody did not come in or back: their organization has as many people as it may. */
export const peopleLimitReached = (): void => limitReached.inc();

/** Runs and times one hash. */
export async function hashing<Result>(work: () => Promise<Result>): Promise<Result> {
  const stop = hashSeconds.startTimer();
  return work().finally(stop);
}

export const hashWaiting = (count: number): void => waiting.set(count);

/** The keys in use were looked at. */
export const keysExpire = (current: Date, next: Date | undefined): void => {
  keyExpiry.set({ key: 'current' }, current.getTime() / 1_000);
  if (next) keyExpiry.set({ key: 'next' }, next.getTime() / 1_000);
};

export const putOut = (cause: RevocationCause, count: number): void => revoked.inc({ cause }, count);

/** Theft, as far as one can tell: an alert belongs on this. */
export const refreshTokenReused = (): void => reused.inc();

/** A run of a directory came to an end, or to a stop. */
export const directoryRan = (state: string): void => directoryRuns.inc({ state });

/** An access token was looked at. */
export const tokenVerified = (outcome: VerificationOutcome): void => verifications.inc({ outcome });

/** Series exist from the start, so that the first refusal counts in a rate over them. */
function declareSeries(): void {
  for (const method of METHODS) attempts.inc({ method, outcome: 'refused', reason: 'credentials' }, 0);
}

declareSeries();
