import type { Route } from '@relais/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import { ApiError } from '../api-error.js';
import { type Backoff, DEFAULT_BACKOFF, backoffMs } from '../backoff.js';
import type { DeviceKey } from '../session/device-key.js';
import { type HttpRequest, buildRequest } from './build-request.js';
import { fetchClient, type HttpClient } from './http-client.js';
import { jsonOf, readProblem } from './read-problem.js';

/** With its byte order mark, where there is one: spreadsheets read a table by it. */
const asSent = new TextDecoder('utf-8', { ignoreBOM: true });

export interface RelaisApiOptions {
  /** Base addresses of gateways, like `https://chat.example.org`; the next one is used when one does not answer. */
  gateways: readonly string[];
  /** Deadline of one attempt; default 10 s. */
  timeoutMs?: number;
  /** Attempts of a call with `retry`; default 5. */
  maxAttempts?: number;
  backoff?: Partial<Backoff>;
  /** What requests go out by; default `fetch`. */
  http?: HttpClient;
}

export interface CallOptions {
  /** The access token, for everything that is not public. */
  token?: string;
  /** The key that the token is bound to: it signs a proof for each request, without which the token is refused. */
  key?: Pick<DeviceKey, 'accessProof'>;
  /** Repeat a GET or PUT after a retryable failure. Other methods are not safe to repeat and are sent once. */
  retry?: boolean;
  timeoutMs?: number;
  signal?: AbortSignal;
}

const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'PUT']);

/**
 * Calls the gateway's HTTP API, typed by its contracts. Holds no connection and no state but whose turn it is, and the
 * nonces that gateways ask for in proofs.
 */
export class RelaisApi {
  private turn = 0;
  private readonly nonces = new Map<string, string>();
  private readonly backoff: Backoff;
  private readonly http: HttpClient;

  constructor(private readonly options: RelaisApiOptions) {
    if (options.gateways.length === 0) throw new TypeError('RelaisApi needs at least one gateway');
    this.http = options.http ?? fetchClient;
    this.backoff = { ...DEFAULT_BACKOFF, baseMs: 250, capMs: 10_000, ...options.backoff };
  }

  get gateways(): readonly string[] {
    return this.options.gateways;
  }

  /**
   * Calls one operation of ROUTES and checks the answer against its contract. An aborted call rejects with the signal's
   * reason.
   *
   * @throws ApiError with the gateway's code, or `network_error`, `request_timeout`, `invalid_answer`
   */
  async call<In extends z.ZodType, Out extends z.ZodType>(
    route: Route<In, Out>,
    input: z.input<In>,
    options: CallOptions = {},
  ): Promise<z.output<Out>> {
    const request = buildRequest(route, input);
    const maxAttempts = options.retry && REPEATABLE.has(route.method) ? (this.options.maxAttempts ?? 5) : 1;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.once(route, request, options);
      } catch (thrown) {
        options.signal?.throwIfAborted();
        const error = ApiError.from(thrown);
        // Another gateway may be well: this one is away, draining, or cut off from the services.
        if (error.kind === 'unavailable' || error.kind === 'timeout') this.turn += 1;
        if (!error.retryable || attempt + 1 >= maxAttempts) throw error;
        await pause(backoffMs(this.backoff, attempt, error.retryAfterMs), undefined, { signal: options.signal });
      }
    }
  }

  /** What a GET answers that is no JSON, such as a page to print. @throws ApiError as `call` does */
  async read(target: string, options: CallOptions = {}): Promise<string> {
    const { status, retryAfter, body } = await this.exchange({ method: 'GET', target }, options);
    if (status < 200 || status > 299) throw readProblem(status, retryAfter, body);
    return body;
  }

  private async once<Out extends z.ZodType>(route: Route<z.ZodType, Out>, request: HttpRequest, options: CallOptions) {
    const { status, retryAfter, body } = await this.exchange(request, options);
    if (status < 200 || status > 299) throw readProblem(status, retryAfter, body);
    const output = route.contract.output.safeParse(status === 204 ? {} : jsonOf(body));
    if (!output.success) throw new ApiError('internal', 'invalid_answer', output.error.message, { status });
    return output.data;
  }

  /** Sends a request; once more with the nonce that a gateway asks for, because our clock is off or its memory is short. */
  private async exchange(request: HttpRequest, options: CallOptions): Promise<Answer> {
    const gateway = (this.gateways[this.turn % this.gateways.length] as string).replace(/\/+$/, '');
    const answer = await this.send(gateway, request, options);
    if (answer.nonce === null) return answer;
    this.nonces.set(gateway, answer.nonce);
    return answer.status === 401 && options.key ? this.send(gateway, request, options) : answer;
  }

  private async send(gateway: string, { method, target, body }: HttpRequest, options: CallOptions): Promise<Answer> {
    const url = gateway + target;
    const headers: Record<string, string> = {
      accept: 'application/json, application/problem+json',
      ...this.credentials(gateway, method, url, options),
    };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const deadline = AbortSignal.timeout(options.timeoutMs ?? this.options.timeoutMs ?? 10_000);
    const signal = options.signal ? AbortSignal.any([deadline, options.signal]) : deadline;
    try {
      const answer = await this.http(url, { method, headers, body, signal });
      return {
        status: answer.status,
        retryAfter: answer.header('retry-after'),
        nonce: answer.header('dpop-nonce'),
        body: asSent.decode(answer.body),
      };
    } catch (cause) {
      if (deadline.aborted) throw new ApiError('timeout', 'request_timeout', `no answer from ${gateway}`, { cause });
      throw new ApiError('unavailable', 'network_error', `cannot reach ${gateway}: ${reasonOf(cause)}`, { cause });
    }
  }

  private credentials(gateway: string, method: string, url: string, { token, key }: CallOptions) {
    if (token === undefined) return {};
    const proof = key?.accessProof({ method, url, accessToken: token, nonce: this.nonces.get(gateway) });
    return { authorization: `DPoP ${token}`, ...(proof === undefined ? {} : { dpop: proof }) };
  }
}

interface Answer {
  status: number;
  retryAfter: string | null;
  /** What the gateway wants in the next proof. */
  nonce: string | null;
  body: string;
}

/** fetch says only that it failed; why is in the cause. */
const reasonOf = (thrown: unknown): string => {
  const { cause } = thrown as { cause?: unknown };
  return cause instanceof Error ? cause.message : String(thrown);
};
