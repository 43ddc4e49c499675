import type { OnModuleDestroy } from '@nestjs/common';
import type { Config } from '../config.js';
import { providerAnswered, providerChanged } from '../metrics.js';
import { Breakers } from './breakers.js';
import type { AddressOf } from './destinations.js';
import type { Mail } from './email.js';
import type { AlarmMessage, Wake } from './messages.js';
import type { PhoneMessage } from './phone.js';
import { failed, type Sent } from './sent.js';
import type { PhoneProviderName, Providers } from './set-up.js';

export type PushAddress = AddressOf<'web_push' | 'apns' | 'fcm' | 'unified_push'>;

/** The notification that a report is about. */
export interface ReportOf {
  organizationId: string;
  notificationId: string;
}

export interface SendersOptions {
  smsProvider: Config['SMS_PROVIDER'];
  voiceProvider: Config['VOICE_PROVIDER'];
  /** Where a provider reports what became of a notification; null where it cannot. */
  reportUrl: (provider: PhoneProviderName, of: ReportOf) => string | null;
}

/** Every way out of the server. A provider that fails is left out; one that nobody has set up is no way at all. */
export class Senders implements OnModuleDestroy {
  private readonly breakers = new Breakers((provider, isUp) => {
    if (!provider.startsWith('host ')) providerChanged(provider, isUp);
  });

  constructor(
    private readonly providers: Providers,
    private readonly options: SendersOptions,
  ) {
    const { apns, fcm, email, phones } = providers;
    const named = { apns, fcm, smtp: email, ...phones };
    for (const [name, provider] of Object.entries(named)) if (provider) providerChanged(name, true);
  }

  wake(address: PushAddress, wake: Wake): Promise<Sent> {
    const { webPush, unifiedPush, apns, fcm } = this.providers;
    switch (address.kind) {
      case 'web_push':
        return this.through(hostOf(address.endpoint), webPush && (() => webPush.send(address, wake)), 'web_push');
      case 'unified_push':
        return this.through(hostOf(address.endpoint), () => unifiedPush.send(address, wake), 'unified_push');
      case 'apns':
        return this.through('apns', apns && (() => apns.send(address, wake)));
      case 'fcm':
        return this.through('fcm', fcm && (() => fcm.send(address, wake)));
    }
  }

  /** @param reportOf what the provider reports on; null for what needs no report */
  phone(said: Omit<PhoneMessage, 'reportUrl'>, reportOf: ReportOf | null): Promise<Sent> {
    const name = said.kind === 'sms' ? this.options.smsProvider : this.options.voiceProvider;
    const provider = name === 'none' ? undefined : this.providers.phones[name];
    if (name === 'none' || !provider) return Promise.resolve(failed('not_configured'));
    const reportUrl = reportOf && this.options.reportUrl(name, reportOf);
    return this.through(name, () => provider.send({ ...said, reportUrl }));
  }

  email(address: AddressOf<'email'>, mail: Mail): Promise<Sent> {
    const { email } = this.providers;
    return this.through('smtp', email && (() => email.send(address, mail)));
  }

  webhook(address: AddressOf<'webhook'>, message: AlarmMessage): Promise<Sent> {
    return this.through(hostOf(address.url), () => this.providers.webhook.send(address, message), 'webhook');
  }

  onModuleDestroy(): Promise<void> {
    return this.providers.close();
  }

  /** @param label by which it is counted: hosts that users have named are too many for that */
  private async through(provider: string, send: (() => Promise<Sent>) | null, label = provider): Promise<Sent> {
    if (!send) return failed('not_configured');
    const startedAt = performance.now();
    const outcome = await this.breakers.through(provider, send);
    providerAnswered(label, 'problem' in outcome ? outcome.problem : outcome.state, performance.now() - startedAt);
    return outcome;
  }
}

const hostOf = (url: string): string => `host ${URL.canParse(url) ? new URL(url).host : ''}`;
