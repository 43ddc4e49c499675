import type { ErrorKind } from '@relais/kernel';

/** Errors that any request may answer, whatever its contract declares. */
export const COMMON_ERRORS = {
  invalid_request: 'invalid',
  token_missing: 'unauthenticated',
  token_invalid: 'unauthenticated',
  token_expired: 'unauthenticated',
  token_revoked: 'unauthenticated',
  proof_missing: 'unauthenticated',
  invalid_dpop_proof: 'unauthenticated',
  use_dpop_nonce: 'unauthenticated',
  forbidden: 'forbidden',
  scope_missing: 'forbidden',
  factor_enrolment_required: 'forbidden',
  step_up_required: 'forbidden',
  no_such_route: 'not_found',
  method_not_allowed: 'invalid',
  too_large: 'too_large',
  rate_limited: 'rate_limited',
  overloaded: 'unavailable',
  draining: 'unavailable',
  not_ready: 'unavailable',
  bus_no_responders: 'unavailable',
  bus_disconnected: 'unavailable',
  bus_timeout: 'timeout',
  database_unavailable: 'unavailable',
  outcome_unknown: 'unavailable',
  internal_error: 'internal',
} as const satisfies Record<string, ErrorKind>;

/** What only a request to become a socket is refused with: while gateways are replaced, another one takes new sockets. */
export const SOCKET_ERRORS = { another_gateway: 'unavailable' } as const satisfies Record<string, ErrorKind>;

export type CommonErrorCode = keyof typeof COMMON_ERRORS;

/** The HTTP status of each kind of error (RFC 9110). */
export const HTTP_STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
  timeout: 504,
};
