import { STATUS_CODES } from 'node:http';
import { HTTP_STATUS } from '@relais/contracts';
import { AppError } from '@relais/kernel';

const UNSUPPORTED_MEDIA_TYPE = 415;
const DEFAULT_RETRY_AFTER_MS = 1_000;

export interface Problem {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** An error as RFC 9457 has it, with the stable `code` that clients match on. */
export function problemOf(error: AppError, status: number = HTTP_STATUS[error.kind]): Problem {
  const { code, retryable, says: detail, details } = error;
  const nonce = details?.['nonce'];
  const retryAfterMs = error.retryAfterMs ?? (status === 429 || status === 503 ? DEFAULT_RETRY_AFTER_MS : undefined);
  const title = STATUS_CODES[status];
  const retryAfter = { 'retry-after': String(Math.max(1, Math.ceil((retryAfterMs ?? 0) / 1_000))) };
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(retryAfterMs === undefined ? {} : retryAfter),
      ...(status === 401 ? { 'www-authenticate': challenge(code) } : {}),
      ...(code === 'use_dpop_nonce' && typeof nonce === 'string' ? { 'dpop-nonce': nonce } : {}),
    },
    body: JSON.stringify({ type: 'about:blank', title, status, detail, code, retryable, retryAfterMs, details }),
  };
}

/** What is wrong, in the words of RFC 9449 (7.1 and 9) and RFC 6750 (3.1). */
const CHALLENGES: Readonly<Record<string, string>> = {
  proof_missing: 'invalid_dpop_proof',
  invalid_dpop_proof: 'invalid_dpop_proof',
  use_dpop_nonce: 'use_dpop_nonce',
  token_invalid: 'invalid_token',
  token_expired: 'invalid_token',
  token_revoked: 'invalid_token',
};

function challenge(code: string): string {
  const error = CHALLENGES[code];
  return `DPoP ${error === undefined ? '' : `error="${error}", `}algs="EdDSA"`;
}

/** What the framework refuses by itself: unknown routes, bodies too large or of another type, broken requests. */
export function problemOfHttp(status: number): Problem {
  if (status === 404) return problemOf(new AppError('not_found', 'no_such_route'));
  if (status === 413) return problemOf(new AppError('too_large', 'too_large'));
  if (status === 503) return problemOf(new AppError('unavailable', 'draining'));
  if (status >= 500) return problemOf(new AppError('internal', 'internal_error'));
  const invalid = new AppError('invalid', 'invalid_request');
  return problemOf(invalid, status === UNSUPPORTED_MEDIA_TYPE ? status : undefined);
}

/** As much of Fastify's reply as a problem needs. */
export interface Reply {
  status(code: number): Reply;
  header(name: string, value: string): Reply;
  send(body: Buffer): void;
}

export function sendProblem(reply: Reply, { status, headers, body }: Problem): void {
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
  // Bytes, because Fastify adds a charset to text, and this type has none.
  reply.status(status).send(Buffer.from(body));
}

/** A whole HTTP response for a socket that no framework looks after. */
export function rawResponse({ status, headers, body }: Problem): string {
  const lines = { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${JSON.parse(body).title}\r\n${head.join('')}\r\n${body}`;
}
