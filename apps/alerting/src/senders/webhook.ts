import { signWebhook } from '@relais/security';
import type { AddressOf } from './destinations.js';
import type { AlarmMessage } from './messages.js';
import { ofStatus, type ProviderClient } from './provider-client.js';
import { failed, GONE, sent, type Sent } from './sent.js';

/** To a program of somebody's own, signed as Standard Webhooks have it. */
export class WebhookSender {
  constructor(private readonly client: ProviderClient) {}

  send({ url, secret }: AddressOf<'webhook'>, message: AlarmMessage): Promise<Sent> {
    const body = JSON.stringify({ type: 'alarm', timestamp: new Date().toISOString(), data: message });
    const headers = { 'content-type': 'application/json', ...signWebhook(secret, message.id, body) };
    return this.client.ask(url, { method: 'POST', headers, body }, (answer) => {
      if (answer.status >= 200 && answer.status < 300) return sent();
      if (answer.status === 410) return GONE;
      return answer.status === 404 ? failed('undeliverable') : ofStatus(answer);
    });
  }
}
