/** What went wrong, in the only ten ways a caller can act on. Each maps to one HTTP status. */
export const ERROR_KINDS = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not_found',
  'conflict',
  'too_large',
  'rate_limited',
  'unavailable',
  'timeout',
  'internal',
] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

/** Whether the same request may succeed later, unchanged. */
export const RETRYABLE: ReadonlySet<ErrorKind> = new Set(['rate_limited', 'unavailable', 'timeout']);

export interface AppErrorOptions extends ErrorOptions {
  /** When trying again makes sense, in milliseconds from now. */
  retryAfterMs?: number;
  /** What is wrong with this request and what to do about it, in one sentence for the caller. Sent to them: nothing secret to them. */
  says?: string;
  /** What the caller needs to go on, such as the token of an unfinished login. Sent to them: JSON, nothing secret to them. */
  details?: Readonly<Record<string, unknown>>;
}

/**
 * An expected failure. `code` is stable and documented in the contract that declares it;
 * `message` is for logs and may change; callers are told `says`. Anything thrown that is not an AppError is a bug
 * and reaches the client as `internal_error` with no detail.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly retryAfterMs: number | undefined;
  readonly says: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(
    readonly kind: ErrorKind,
    readonly code: string,
    message?: string,
    options: AppErrorOptions = {},
  ) {
    super(message ?? options.says ?? code, options);
    this.retryAfterMs = options.retryAfterMs;
    this.says = options.says;
    this.details = options.details;
  }

  get retryable(): boolean {
    return RETRYABLE.has(this.kind);
  }

  /** The thrown value as something a caller may see: itself when expected, `internal_error` when a bug. */
  static from(thrown: unknown): AppError {
    return thrown instanceof AppError
      ? thrown
      : new AppError('internal', 'internal_error', undefined, { cause: thrown });
  }
}
