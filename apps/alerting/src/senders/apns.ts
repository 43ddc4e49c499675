import { importPKCS8, SignJWT } from 'jose';
import type { AddressOf } from './destinations.js';
import { type ApnsAnswer, ApnsConnection } from './apns-connection.js';
import { KeptToken } from './kept-token.js';
import type { Wake } from './messages.js';
import { failed, GONE, later, retryAfterSeconds, sent, type Sent } from './sent.js';

/** Apple wants a token at most once in 20 minutes, and none older than an hour. */
const TOKEN_LIFE_MS = 50 * 60_000;
const AGAIN_SECONDS = 5;
const BUSY_SECONDS = 30;

export interface ApnsOptions {
  /** The .p8 file: a private key on P-256, PEM. */
  key: string;
  keyId: string;
  teamId: string;
  /** The bundle id of the app. */
  topic: string;
  servers: Readonly<Record<AddressOf<'apns'>['environment'], string>>;
  timeoutMs: number;
}

const LEVEL = { critical: 'critical', urgent: 'time-sensitive', normal: 'active' } as const;
const GONE_REASONS = new Set(['BadDeviceToken', 'Unregistered', 'ExpiredToken']);
const STALE_TOKEN = new Set(['ExpiredProviderToken', 'InvalidProviderToken']);

/** Apple's push service over HTTP/2, with a token of our own making. Only ids leave: the app fetches the rest. */
export class ApnsSender {
  private readonly connections: Readonly<Record<AddressOf<'apns'>['environment'], ApnsConnection>>;
  private readonly tokens = new KeptToken(() => this.sign());

  constructor(private readonly options: ApnsOptions) {
    const { servers, timeoutMs } = options;
    this.connections = {
      production: new ApnsConnection(servers.production, timeoutMs),
      sandbox: new ApnsConnection(servers.sandbox, timeoutMs),
    };
  }

  async send(address: AddressOf<'apns'>, wake: Wake): Promise<Sent> {
    if (!/^[0-9a-f]{8,512}$/i.test(address.token)) return GONE;
    const first = this.tokens.get();
    const answer = await this.post(address, wake, await first);
    if (answer.status !== 403 || !STALE_TOKEN.has(answer.reason)) return understand(answer);
    this.tokens.drop(first);
    return understand(await this.post(address, wake, await this.tokens.get()));
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.connections).map((connection) => connection.close()));
  }

  private post({ token, environment }: AddressOf<'apns'>, wake: Wake, { jwt }: Token): Promise<ApnsAnswer> {
    const headers = {
      ':method': 'POST',
      ':path': `/3/device/${token}`,
      authorization: `bearer ${jwt}`,
      'apns-topic': this.options.topic,
      'apns-push-type': wake.isQuiet ? 'background' : 'alert',
      'apns-priority': wake.isQuiet ? '5' : '10',
      'apns-expiration': String(Math.floor(Date.now() / 1_000) + wake.ttlSeconds),
      'apns-collapse-id': wake.collapse,
      ...(wake.id ? { 'apns-id': wake.id } : {}),
    };
    return this.connections[environment].post(headers, JSON.stringify(payloadOf(wake)));
  }

  private async sign(): Promise<Token> {
    const { key, keyId, teamId } = this.options;
    const token = new SignJWT().setProtectedHeader({ alg: 'ES256', kid: keyId }).setIssuer(teamId).setIssuedAt();
    return { jwt: await token.sign(await importPKCS8(key, 'ES256')), untilMs: Date.now() + TOKEN_LIFE_MS };
  }
}

interface Token {
  jwt: string;
  untilMs: number;
}

const payloadOf = (wake: Wake) => ({
  aps: wake.isQuiet ? { 'content-available': 1 } : shown(wake),
  relais: wake.data,
});

const shown = ({ importance, titleKey, collapse }: Wake) => ({
  alert: { 'title-loc-key': titleKey, 'loc-key': `${titleKey}_BODY` },
  sound: importance === 'critical' ? { critical: 1, name: 'default', volume: 1 } : 'default',
  'interruption-level': LEVEL[importance],
  'mutable-content': 1,
  'thread-id': collapse,
});

function understand({ status, reason, apnsId, retryAfter }: ApnsAnswer): Sent {
  if (status === 200) return sent(apnsId);
  if (status === 410 || GONE_REASONS.has(reason)) return GONE;
  if (status === 413) return failed('too_large');
  if (status === 429) return later('provider_busy', retryAfterSeconds(retryAfter, BUSY_SECONDS));
  if (status >= 500) return later('provider_down', retryAfterSeconds(retryAfter, AGAIN_SECONDS));
  if (status === 0) return later(reason === 'timeout' ? 'provider_timeout' : 'provider_down', AGAIN_SECONDS);
  return failed(status >= 400 ? 'provider_refused' : 'bad_answer');
}
