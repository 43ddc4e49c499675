import type { ErrorKind } from '@relais/kernel';

/** The HTTP status of each kind of error; http-status.spec.ts holds it against the gateway's own table. */
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

/** The one code whose status says more than its kind. */
export const statusOf = (code: string, kind: ErrorKind): number =>
  code === 'method_not_allowed' ? 405 : HTTP_STATUS[kind];
