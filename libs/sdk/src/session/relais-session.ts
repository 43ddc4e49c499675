import { type NewDevice, ROUTES, type Route, type Tokens, tokens as tokensSchema } from '@relais/contracts';
import { EventEmitter } from 'node:events';
import type { z } from 'zod';
import { ApiError } from '../api-error.js';
import { type Backoff, DEFAULT_BACKOFF } from '../backoff.js';
import type { CallOptions, RelaisApi } from '../http/relais-api.js';
import type { AccessTokens } from './access-tokens.js';
import type { DeviceKey, ProvenRequest } from './device-key.js';
import { refreshTokens } from './refresh.js';
import { goodUntilMs } from './token-life.js';

export type DeviceDescription = Omit<NewDevice, 'publicKey'>;
export interface SessionOptions {
  backoff?: Partial<Backoff>;
}
type WithoutDevice<R extends Route> = Omit<z.input<R['contract']['input']> & object, 'device'>;

export interface SessionEvents {
  /** New tokens: store them if the session is to outlive the process. */
  tokens: [Tokens];
  /** The server has ended the session; only a new login helps. */
  ended: [ApiError];
}

/**
 * One person's session on one device. Refreshes the access token at about 80 % of its life (with jitter, one refresh at
 * a time) until `close` or `logout`. The timer does not keep a process alive.
 */
export class RelaisSession extends EventEmitter<SessionEvents> implements AccessTokens {
  private readonly backoff: Backoff;
  private readonly ending = new AbortController();
  private refreshing: Promise<Tokens> | undefined;
  /** One exchange of tokens at a time, because each puts out what the one before it gave. Never rejects. */
  private exchanges: Promise<unknown> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private ended: ApiError | undefined;

  private constructor(
    readonly api: RelaisApi,
    readonly key: DeviceKey,
    private current: Tokens,
    options: SessionOptions,
    private expiresAtMs: number = goodUntilMs(current),
  ) {
    super();
    this.setMaxListeners(0);
    this.backoff = { ...DEFAULT_BACKOFF, baseMs: 500, capMs: 5_000, ...options.backoff };
    this.schedule();
  }

  /** Makes the first organization of an installation and signs its owner in. */
  static async bootstrap(
    api: RelaisApi,
    input: WithoutDevice<typeof ROUTES.bootstrap>,
    device: DeviceDescription,
    key: DeviceKey,
    options: SessionOptions = {},
  ): Promise<RelaisSession> {
    const tokens = await api.call(ROUTES.bootstrap, { ...input, device: { ...device, publicKey: key.publicKey } });
    return new RelaisSession(api, key, tokens, options);
  }

  /**
   * @throws ApiError `login_failed`, `login_throttled`, `login_overloaded`, `device_id_reused`; `factor_required`, whose
   *   details are an `UnfinishedLogin` for `finishLogin`
   */
  static async login(
    api: RelaisApi,
    input: WithoutDevice<typeof ROUTES.login>,
    device: DeviceDescription,
    key: DeviceKey,
    options: SessionOptions = {},
  ): Promise<RelaisSession> {
    const tokens = await api.call(ROUTES.login, { ...input, device: { ...device, publicKey: key.publicKey } });
    return new RelaisSession(api, key, tokens, options);
  }

  /** Shows what a login still asked for. @throws ApiError `login_failed` */
  static async finishLogin(
    api: RelaisApi,
    input: z.input<typeof ROUTES.finishLogin.contract.input>,
    key: DeviceKey,
    options: SessionOptions = {},
  ): Promise<RelaisSession> {
    return new RelaisSession(api, key, await api.call(ROUTES.finishLogin, input), options);
  }

  /** Joins an organization with an invitation and signs in. */
  static async acceptInvitation(
    api: RelaisApi,
    input: WithoutDevice<typeof ROUTES.acceptInvitation>,
    device: DeviceDescription,
    key: DeviceKey,
    options: SessionOptions = {},
  ): Promise<RelaisSession> {
    const tokens = await api.call(ROUTES.acceptInvitation, {
      ...input,
      device: { ...device, publicKey: key.publicKey },
    });
    return new RelaisSession(api, key, tokens, options);
  }

  /** Goes on with stored tokens; the first use refreshes them if need be. */
  static resume(api: RelaisApi, stored: unknown, key: DeviceKey, options: SessionOptions = {}): RelaisSession {
    const tokens = tokensSchema.parse(stored);
    return new RelaisSession(api, key, tokens, options, Date.parse(tokens.accessTokenExpiresAt));
  }

  get tokens(): Tokens {
    return this.current;
  }

  async accessToken({ fresh = false }: { fresh?: boolean } = {}): Promise<string> {
    if (this.ended) throw this.ended;
    if (fresh || this.lifeLeftMs() < 1_000) await this.refresh();
    return this.current.accessToken;
  }

  async successor(accessToken: string): Promise<string | null> {
    await this.exchanges;
    return this.ended || this.current.accessToken === accessToken ? null : this.current.accessToken;
  }

  onToken(listener: (accessToken: string) => void): () => void {
    const heard = (tokens: Tokens): void => listener(tokens.accessToken);
    this.on('tokens', heard);
    return () => this.off('tokens', heard);
  }

  proof(request: ProvenRequest): string {
    return this.key.accessProof(request);
  }

  /**
   * Calls as this person. A token that the gateway finds expired (our clock is wrong) is refreshed and the call repeated, and
   * so is one with another token that met the end of a session which a step-up has replaced.
   */
  async call<In extends z.ZodType, Out extends z.ZodType>(
    route: Route<In, Out>,
    input: z.input<In>,
    options: Omit<CallOptions, 'token' | 'key'> = {},
  ): Promise<z.output<Out>> {
    const token = await this.accessToken();
    const { key } = this;
    try {
      return await this.api.call(route, input, { ...options, key, token });
    } catch (thrown) {
      const next = thrown instanceof ApiError ? await this.insteadOf(token, thrown) : null;
      if (next === null) throw thrown;
      return this.api.call(route, input, { ...options, key, token: next });
    }
  }

  private async insteadOf(token: string, { code }: ApiError): Promise<string | null> {
    if (code !== 'token_expired' && code !== 'token_revoked') return null;
    const successor = await this.successor(token);
    return successor ?? (code === 'token_expired' ? this.accessToken({ fresh: true }) : null);
  }

  /** Reads what is no JSON, as this person. */
  async read(target: string, options: Omit<CallOptions, 'token' | 'key'> = {}): Promise<string> {
    return this.api.read(target, { ...options, key: this.key, token: await this.accessToken() });
  }

  /** New tokens now; calls at the same time share one refresh. @throws ApiError `refresh_failed` ends the session */
  refresh(): Promise<Tokens> {
    if (this.ended) return Promise.reject(this.ended);
    this.refreshing ??= this.exchange(() =>
      refreshTokens(this.api, this.key, this.current.refreshToken, this.backoff, this.ending.signal),
    )
      .catch((thrown: unknown) => this.refused(thrown))
      .finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  /**
   * Shows once more who one is, with what `beginStepUp` offers. A new session takes the place of this one and connections go on
   * with it. @throws ApiError `login_failed`, and all goes on as it was
   */
  stepUp(input: z.input<typeof ROUTES.finishLogin.contract.input>): Promise<Tokens> {
    return this.exchange(() => this.api.call(ROUTES.finishLogin, input));
  }

  /** Ends the session on the server, then closes. Closes even when the server cannot be told. */
  async logout(): Promise<void> {
    try {
      await this.call(ROUTES.logout, {});
    } finally {
      this.close();
    }
  }

  /** Stops refreshing. The session itself lives on at the server until it idles out. */
  close(): void {
    this.ended ??= new ApiError('unauthenticated', 'session_ended');
    this.ending.abort(this.ended);
    clearTimeout(this.timer);
    this.removeAllListeners();
  }

  private exchange(ask: () => Promise<Tokens>): Promise<Tokens> {
    const exchanged = this.exchanges.then(ask).then((tokens) => this.take(tokens));
    this.exchanges = exchanged.catch(() => undefined);
    return exchanged;
  }

  private take(tokens: Tokens): Tokens {
    if (this.ended) throw this.ended;
    this.current = tokens;
    this.expiresAtMs = goodUntilMs(tokens);
    this.schedule();
    this.emit('tokens', tokens);
    return tokens;
  }

  private refused(thrown: unknown): never {
    if (this.ended) throw this.ended;
    const error = ApiError.from(thrown);
    if (error.kind === 'unauthenticated' || error.kind === 'forbidden') {
      this.emit('ended', error);
      this.ended = error;
      clearTimeout(this.timer);
    } else this.schedule();
    throw error;
  }

  private schedule(): void {
    clearTimeout(this.timer);
    const dueMs = this.lifeLeftMs() * (0.75 + 0.1 * this.backoff.random());
    // A failed refresh is tried again from what is left of the life, but never in a hurry.
    this.timer = setTimeout(
      () => void this.refresh().catch(() => undefined),
      Math.min(Math.max(dueMs, 1_000), 2 ** 31 - 1),
    );
    this.timer.unref();
  }

  private lifeLeftMs(): number {
    return this.expiresAtMs - Date.now();
  }
}
