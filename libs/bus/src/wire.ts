import { AppError, ERROR_KINDS, type ErrorKind } from '@relais/kernel';

/**
 * What travels: a request is the JSON of its input; a reply is `{ok: true, data}` or `{ok: false, kind, code}`.
 * Headers carry what is about the request: who asks, how long they wait, which trace it belongs to.
 */
export const HEADER = { token: 'Relais-Token', timeoutMs: 'Relais-Timeout-Ms', trace: 'traceparent' } as const;

/**
 * A payload as bytes. The NATS client would make a buffer of its own for each by TextEncoder, which takes five times as long
 * and leaves as much more to the garbage collector.
 */
export const toBytes = (text: string): Uint8Array => Buffer.from(text);

type Reply =
  | { ok: true; data: unknown }
  | {
      ok: false;
      kind: ErrorKind;
      code: string;
      says?: string;
      retryAfterMs?: number;
      details?: Record<string, unknown>;
    };

export const encodeSuccess = (data: unknown): string => JSON.stringify({ ok: true, data } satisfies Reply);

/** Only an AppError crosses the wire as itself; anything else is a bug and says nothing. */
export const encodeFailure = (thrown: unknown): string => {
  const { kind, code, says, retryAfterMs, details } = AppError.from(thrown);
  return JSON.stringify({
    ok: false,
    kind,
    code,
    ...(says === undefined ? {} : { says }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(details === undefined ? {} : { details }),
  } satisfies Reply);
};

/** @throws AppError as the service raised it; `internal_error` for a reply that is not one. */
export const decodeReply = (text: string): unknown => {
  const reply = parseJson(text) as Reply | undefined;
  if (reply?.ok === true) return reply.data;
  if (reply?.ok === false && ERROR_KINDS.includes(reply.kind) && typeof reply.code === 'string') {
    const { kind, code, says, retryAfterMs, details } = reply;
    throw new AppError(kind, code, undefined, {
      ...(says === undefined ? {} : { says }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(details === undefined ? {} : { details }),
    });
  }
  throw new AppError('internal', 'internal_error', 'malformed reply');
};

/** JSON, or undefined. `__proto__` keys become plain own properties and fail strict schemas. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};
