import { signWebhook, verifyWebhook } from '@relais/security';
import type { DeliveryReport, PhoneMessage, PhoneSender, ReceivedReport, ReportReader } from './phone.js';
import { jsonOf, ofProvider, type ProviderClient } from './provider-client.js';
import { failed, GONE, sent, type Sent } from './sent.js';

export interface HttpPhoneOptions {
  url: string;
  /** `whsec_…`, known to both sides. */
  secret: string;
}

/** The interface for providers and gateways of one's own: docs/guides/phone-providers.md is its description. */
export class HttpPhone implements PhoneSender, ReportReader {
  constructor(
    private readonly client: ProviderClient,
    private readonly options: HttpPhoneOptions,
  ) {}

  send(message: PhoneMessage): Promise<Sent> {
    const { url, secret } = this.options;
    const body = JSON.stringify({ ...message, reportUrl: message.reportUrl ?? undefined });
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': message.id,
      ...signWebhook(secret, message.id, body),
    };
    return this.client.ask(url, { method: 'POST', headers, body }, (answer) => {
      if (answer.status === 422) return failed('undeliverable');
      if (answer.status === 410) return GONE;
      if (answer.status < 200 || answer.status >= 300) return ofProvider(answer);
      const id = jsonOf(answer)?.['id'];
      return typeof id === 'string' && id.length > 0 ? sent(id) : failed('bad_answer');
    });
  }

  read({ body, headers }: ReceivedReport): Promise<DeliveryReport | null> {
    const signed = {
      'webhook-id': headers['webhook-id'] ?? '',
      'webhook-timestamp': headers['webhook-timestamp'] ?? '',
      'webhook-signature': headers['webhook-signature'] ?? '',
    };
    if (!verifyWebhook(this.options.secret, signed, body)) return Promise.resolve(null);
    const state = jsonOf({ body: Buffer.from(body) })?.['state'];
    if (state === 'reached' || state === 'undeliverable') return Promise.resolve(state);
    return Promise.resolve('nothing_new');
  }
}
