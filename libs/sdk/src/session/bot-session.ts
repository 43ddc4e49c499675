import { type Route, ROUTES } from '@relais/contracts';
import { SignJWT } from 'jose';
import { createPrivateKey, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { CallOptions, RelaisApi } from '../http/relais-api.js';
import type { AccessTokens } from './access-tokens.js';
import { DeviceKey, type ProvenRequest } from './device-key.js';
import { goodUntilMs } from './token-life.js';

/** What a bot needs to come in. Whoever has it is the bot: keep it 0600. */
export const botCredentials = z.object({
  gateways: z.array(z.url({ protocol: /^https?$/ })).min(1),
  clientId: z.string(),
  keyId: z.string(),
  /** The private JWK whose public half the bot was made with. */
  key: z.unknown(),
});
export type BotCredentials = z.infer<typeof botCredentials>;

const ASSERTION_SECONDS = 60;
/** At the latest so long before its end a token is renewed. */
const EARLY_MS = 30_000;

/** A bot's access: signs an assertion for each token, and has a new one before the old one ends, until `close`. */
export class BotSession implements AccessTokens {
  private readonly key: DeviceKey;
  private readonly listeners = new Set<(accessToken: string) => void>();
  private current: { token: string; goodUntilMs: number } | undefined;
  private asking: Promise<string> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(
    readonly api: RelaisApi,
    private readonly credentials: BotCredentials,
  ) {
    this.key = DeviceKey.fromJSON(credentials.key);
  }

  /** @throws ApiError `bot_refused` when the bot is disabled or its key retired */
  accessToken({ fresh = false }: { fresh?: boolean } = {}): Promise<string> {
    const { current } = this;
    if (!fresh && current && current.goodUntilMs - Date.now() > 1_000) return Promise.resolve(current.token);
    return (this.asking ??= this.ask().finally(() => (this.asking = undefined)));
  }

  async successor(accessToken: string): Promise<string | null> {
    await this.asking?.catch(() => undefined);
    return this.current && this.current.token !== accessToken ? this.current.token : null;
  }

  onToken(listener: (accessToken: string) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  proof(request: ProvenRequest): string {
    return this.key.accessProof(request);
  }

  async call<In extends z.ZodType, Out extends z.ZodType>(
    route: Route<In, Out>,
    input: z.input<In>,
    options: Omit<CallOptions, 'token' | 'key'> = {},
  ): Promise<z.output<Out>> {
    return this.api.call(route, input, { ...options, key: this.key, token: await this.accessToken() });
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.listeners.clear();
  }

  private async ask(): Promise<string> {
    const { clientId, keyId, key } = this.credentials;
    const clientAssertion = await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'client-authentication+jwt', kid: keyId })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience('relais')
      .setIssuedAt()
      .setExpirationTime(`${ASSERTION_SECONDS} s`)
      .sign(createPrivateKey({ key: key as never, format: 'jwk' }));
    const answer = await this.api.call(ROUTES.botToken, { clientAssertion });
    const { accessToken } = answer;
    this.current = { token: accessToken, goodUntilMs: goodUntilMs(answer) };
    this.renewIn(this.current.goodUntilMs - Date.now() - EARLY_MS);
    for (const listener of this.listeners) listener(accessToken);
    return accessToken;
  }

  private renewIn(ms: number): void {
    clearTimeout(this.timer);
    if (this.isClosed) return;
    const again = () => void this.accessToken({ fresh: true }).catch(() => this.renewIn(5_000));
    this.timer = setTimeout(again, Math.max(1_000, ms)).unref();
  }
}
