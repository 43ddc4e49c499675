import type { AddressOf } from './destinations.js';
import type { Wake } from './messages.js';
import { ofStatus, type ProviderClient } from './provider-client.js';
import { sent, type Sent } from './sent.js';
import type { WebPushSender } from './web-push.js';

/** UnifiedPush: Web Push where the app has given keys, and its older form, the ids in the open, where it has not. */
export class UnifiedPushSender {
  constructor(
    private readonly client: ProviderClient,
    private readonly webPush: WebPushSender | null,
  ) {}

  send({ endpoint, keys }: AddressOf<'unified_push'>, wake: Wake): Promise<Sent> {
    if (keys && this.webPush) return this.webPush.send({ endpoint, keys }, wake);
    const headers = {
      'content-type': 'application/json',
      ttl: String(wake.ttlSeconds),
      urgency: wake.importance === 'normal' ? 'normal' : 'high',
    };
    return this.client.ask(endpoint, { method: 'POST', headers, body: JSON.stringify(wake.data) }, (answer) =>
      answer.status >= 200 && answer.status < 300 ? sent() : ofStatus(answer),
    );
  }
}
