import { createECDH } from 'node:crypto';
import type { AddressOf, PushKeys } from './destinations.js';
import type { Wake } from './messages.js';
import { ofStatus, type ProviderClient } from './provider-client.js';
import { failed, sent, type Sent } from './sent.js';

const URGENCY = { critical: 'high', urgent: 'high', normal: 'normal' } as const;

/** The key by which push services know this installation (RFC 8292). */
export interface Vapid {
  /** mailto: or https:, whom the operator of a push service may ask. */
  subject: string;
  publicKey: string;
  privateKey: string;
}

/** @throws Error when it is no private key on P-256, 32 bytes in base64url */
export function vapidOf(privateKey: string, subject: string): Vapid {
  const key = createECDH('prime256v1');
  key.setPrivateKey(Buffer.from(privateKey, 'base64url'));
  return { subject, privateKey, publicKey: key.getPublicKey('base64url') };
}

/** Web Push (RFC 8030): what is sent is readable on the device only (RFC 8291). */
export class WebPushSender {
  constructor(
    private readonly client: ProviderClient,
    private readonly vapid: Vapid,
  ) {}

  async send({ endpoint, keys }: Pick<AddressOf<'web_push'>, 'endpoint' | 'keys'>, wake: Wake): Promise<Sent> {
    const request = await this.seal(endpoint, keys, wake);
    if (!request) return failed('undeliverable');
    const { method, headers, body } = request;
    const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    delete named['Content-Length'];
    return this.client.ask(endpoint, { method, headers: named, body }, (answer) =>
      answer.status >= 200 && answer.status < 300 ? sent() : ofStatus(answer),
    );
  }

  /** Null when the subscription is no subscription. The library is loaded with the first one. */
  private async seal(endpoint: string, keys: PushKeys, { data, ttlSeconds, importance, collapse, isQuiet }: Wake) {
    const { default: webPush } = await import('web-push');
    try {
      return webPush.generateRequestDetails({ endpoint, keys }, JSON.stringify(data), {
        vapidDetails: this.vapid,
        ...{
          TTL: ttlSeconds,
          urgency: isQuiet ? 'low' : URGENCY[importance],
          topic: collapse,
          contentEncoding: 'aes128gcm',
        },
      });
    } catch {
      return null;
    }
  }
}
