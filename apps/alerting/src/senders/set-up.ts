import { readFileSync } from 'node:fs';
import { isWebhookSecret } from '@relais/security';
import type { Config } from '../config.js';
import { ApnsSender } from './apns.js';
import { EmailSender } from './email.js';
import { FcmSender, serviceAccount } from './fcm.js';
import { HttpPhone } from './http-phone.js';
import type { PhoneSender, ReportReader } from './phone.js';
import { ProviderClient } from './provider-client.js';
import { Twilio } from './twilio.js';
import { UnifiedPushSender } from './unified-push.js';
import { Vonage } from './vonage.js';
import { vapidOf, WebPushSender } from './web-push.js';
import { WebhookSender } from './webhook.js';

export type PhoneProviderName = Exclude<Config['SMS_PROVIDER'], 'none'>;
export type PhoneProvider = PhoneSender & ReportReader;

/** Whoever this installation has set up; null for whom it has not. */
export interface Providers {
  webPush: WebPushSender | null;
  unifiedPush: UnifiedPushSender;
  apns: ApnsSender | null;
  fcm: FcmSender | null;
  email: EmailSender | null;
  webhook: WebhookSender;
  phones: Readonly<Partial<Record<PhoneProviderName, PhoneProvider>>>;
  close(): Promise<void>;
}

/** @throws Error naming every variable that is missing beside one that is given, or that cannot be used; never a value */
export function setUp(config: Config): Providers {
  const options = { timeoutMs: config.PROVIDER_TIMEOUT_MS, privateHosts: config.PRIVATE_HOSTS };
  const [named, given] = [ProviderClient.forInstallation(options), ProviderClient.forUsers(options)];
  const webPush = webPushOf(config, given);
  const [apns, email] = [apnsOf(config), emailOf(config)];
  return {
    ...{ webPush, apns, email },
    unifiedPush: new UnifiedPushSender(given, webPush),
    fcm: fcmOf(config, named),
    webhook: new WebhookSender(given),
    phones: phonesOf(config, named),
    close: async () => {
      named.close();
      given.close();
      await email?.close();
      await apns?.close();
    },
  };
}

function webPushOf(config: Config, client: ProviderClient): WebPushSender | null {
  const given = allOf(config, ['VAPID_PRIVATE_KEY', 'VAPID_SUBJECT']);
  if (!given) return null;
  return usable('VAPID_PRIVATE_KEY', () => {
    return new WebPushSender(client, vapidOf(given.VAPID_PRIVATE_KEY, given.VAPID_SUBJECT));
  });
}

function apnsOf(config: Config): ApnsSender | null {
  const given = allOf(config, ['APNS_KEY', 'APNS_KEY_ID', 'APNS_TEAM_ID', 'APNS_TOPIC']);
  if (!given) return null;
  return new ApnsSender({
    ...{ key: given.APNS_KEY, keyId: given.APNS_KEY_ID, teamId: given.APNS_TEAM_ID, topic: given.APNS_TOPIC },
    servers: { production: config.APNS_URL, sandbox: config.APNS_SANDBOX_URL },
    timeoutMs: config.PROVIDER_TIMEOUT_MS,
  });
}

function fcmOf({ FCM_SERVICE_ACCOUNT, FCM_URL }: Config, client: ProviderClient): FcmSender | null {
  if (!FCM_SERVICE_ACCOUNT) return null;
  const account = usable('FCM_SERVICE_ACCOUNT', () => serviceAccount.parse(JSON.parse(FCM_SERVICE_ACCOUNT)));
  return new FcmSender(client, account, withoutSlash(FCM_URL));
}

function emailOf(config: Config): EmailSender | null {
  const given = allOf(config, ['SMTP_URL', 'SMTP_FROM']);
  if (!given) return null;
  const { SMTP_CA_FILE: caFile, PROVIDER_TIMEOUT_MS: timeoutMs } = config;
  const ca = caFile ? usable('SMTP_CA_FILE', () => readFileSync(caFile, 'utf8')) : undefined;
  return new EmailSender({ url: given.SMTP_URL, from: given.SMTP_FROM, ca, timeoutMs });
}

function phonesOf(config: Config, client: ProviderClient): Providers['phones'] {
  const wanted = new Set([config.SMS_PROVIDER, config.VOICE_PROVIDER]);
  return {
    ...(wanted.has('http') ? { http: httpOf(config, client) } : {}),
    ...(wanted.has('twilio') ? { twilio: twilioOf(config, client) } : {}),
    ...(wanted.has('vonage') ? { vonage: vonageOf(config, client) } : {}),
  };
}

function httpOf(config: Config, client: ProviderClient): HttpPhone {
  const given = everyOf(config, ['PHONE_HTTP_URL', 'PHONE_HTTP_SECRET']);
  if (!isWebhookSecret(given.PHONE_HTTP_SECRET))
    throw unusable('PHONE_HTTP_SECRET', 'whsec_ and 24 to 64 bytes in base64');
  return new HttpPhone(client, { url: given.PHONE_HTTP_URL, secret: given.PHONE_HTTP_SECRET });
}

function twilioOf(config: Config, client: ProviderClient): Twilio {
  const given = everyOf(config, ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM']);
  return new Twilio(client, {
    ...{ url: withoutSlash(config.TWILIO_URL), accountSid: given.TWILIO_ACCOUNT_SID },
    ...{ authToken: given.TWILIO_AUTH_TOKEN, from: given.TWILIO_FROM },
  });
}

function vonageOf(config: Config, client: ProviderClient): Vonage {
  const names = ['VONAGE_APPLICATION_ID', 'VONAGE_PRIVATE_KEY', 'VONAGE_SIGNATURE_SECRET', 'VONAGE_FROM'] as const;
  const given = everyOf(config, names);
  return new Vonage(client, {
    ...{ url: withoutSlash(config.VONAGE_URL), applicationId: given.VONAGE_APPLICATION_ID, from: given.VONAGE_FROM },
    ...{ privateKey: given.VONAGE_PRIVATE_KEY, signatureSecret: given.VONAGE_SIGNATURE_SECRET },
  });
}

type Given<Name extends keyof Config> = { [Key in Name]: NonNullable<Config[Key]> };

/** All of these, or null when none is given. @throws Error when only some are */
function allOf<const Name extends keyof Config>(config: Config, names: readonly Name[]): Given<Name> | null {
  return names.some((name) => config[name] !== undefined) ? everyOf(config, names) : null;
}

function everyOf<const Name extends keyof Config>(config: Config, names: readonly Name[]): Given<Name> {
  const missing = names.filter((name) => config[name] === undefined);
  if (missing.length > 0) throw unusable(missing.join(', '), `needed beside ${names[0]} or its provider`);
  return config as unknown as Given<Name>;
}

function usable<Value>(name: keyof Config, make: () => Value): Value {
  try {
    return make();
  } catch {
    // What is wrong with it could show a part of it.
    throw unusable(name, 'cannot be used');
  }
}

const unusable = (name: string, why: string): Error => new Error(`Invalid configuration:\n  ${name}: ${why}`);

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');
