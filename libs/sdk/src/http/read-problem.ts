import type { ErrorKind } from '@relais/kernel';
import { z } from 'zod';
import { ApiError } from '../api-error.js';

const KINDS: Readonly<Record<number, ErrorKind>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  408: 'timeout',
  409: 'conflict',
  413: 'too_large',
  429: 'rate_limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'timeout',
};

const kindOf = (status: number): ErrorKind => KINDS[status] ?? (status >= 500 ? 'internal' : 'invalid');

const problem = z.object({
  code: z.string().max(128),
  retryable: z.boolean().optional(),
  detail: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

/** An unsuccessful HTTP answer as an ApiError: the gateway's problem+json, or whatever a proxy in between made of it. */
export function readProblem(status: number, retryAfter: string | null, body: string, now = Date.now()): ApiError {
  const parsed = problem.safeParse(jsonOf(body));
  const { code, retryable, detail, details } = parsed.data ?? { code: `http_${status}` };
  return new ApiError(kindOf(status), code, detail ?? code, {
    status,
    retryable,
    retryAfterMs: retryAfterMs(retryAfter, now),
    details,
  });
}

/** Retry-After (RFC 9110, 10.2.3) in milliseconds from now: seconds, or a date. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
