import { type ErrorKind, RETRYABLE } from '@relais/kernel';

export interface ApiErrorOptions extends ErrorOptions {
  /** The HTTP status; absent when there was no HTTP answer, or the refusal came over the socket. */
  status?: number;
  /** Whether the same request may succeed later, unchanged; by default what the kind says. */
  retryable?: boolean;
  /** When trying again makes sense, in milliseconds from now. */
  retryAfterMs?: number;
  /** What is needed to go on, such as the token of an unfinished login. */
  details?: Readonly<Record<string, unknown>>;
}

/**
 * What came back instead of an answer. `code` is one that the contract declares, one of COMMON_ERRORS, or one of the
 * client's own: `network_error`, `request_timeout`, `socket_lost`, `invalid_answer`, `gave_up`, `connection_closed`,
 * `too_many_pending`, `session_ended`, `http_<status>` (an answer that is not the gateway's).
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    readonly kind: ErrorKind,
    readonly code: string,
    message: string = code,
    options: ApiErrorOptions = {},
  ) {
    super(message, options);
    this.status = options.status;
    this.retryable = options.retryable ?? RETRYABLE.has(kind);
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details ?? {};
  }

  /** The thrown value as an ApiError; what is not one is a bug of the client and not retryable. */
  static from(thrown: unknown): ApiError {
    return thrown instanceof ApiError
      ? thrown
      : new ApiError('internal', 'client_error', String(thrown), { cause: thrown });
  }
}
