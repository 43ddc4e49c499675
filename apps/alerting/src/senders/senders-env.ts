import { z } from 'zod';

const address = (fallback: string) => z.url({ protocol: /^https?$/ }).default(fallback);
const secret = z.string().min(1).optional();
const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item.length > 0),
  );
const provider = z.enum(['none', 'http', 'twilio', 'vonage']).default('none');
const perSecond = (fallback: number) => z.coerce.number().min(0.01).max(1_000).default(fallback);

/** The providers of an installation: docs/operations/alarm-providers.md says how to get at what is asked for here. */
export const sendersEnv = {
  ALARM_URL: z
    .url({ protocol: /^https?$/ })
    .includes('{id}')
    .optional()
    .describe('Where people see an alarm in a browser or app; {id} stands for the alarm. Without it, no link is sent'),
  REPORTS_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'Base address under which providers reach the gateways to report deliveries. Without it, they are not asked to',
    ),
  PROVIDER_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(4_000)
    .default(3_500)
    .describe('How long a provider may take before the next way is tried, ms'),
  PRIVATE_HOSTS: list.describe(
    'Hosts of the inner network that addresses given by users (push endpoints, webhooks) may lead to, divided by commas',
  ),
  VAPID_PRIVATE_KEY: z
    .string()
    .regex(/^[\w-]{43}$/)
    .optional()
    .describe('Private key for Web Push (P-256, 32 bytes in base64url); without it there is none; secret'),
  VAPID_SUBJECT: z
    .string()
    .regex(/^(mailto:|https:\/\/)/)
    .optional()
    .describe('Whom a push service may ask about this installation: mailto: or https:'),
  APNS_KEY: secret.describe('Key of Apple for push notifications (.p8, PEM); secret'),
  APNS_KEY_ID: z.string().optional().describe('Id of that key'),
  APNS_TEAM_ID: z.string().optional().describe('Id of the team at Apple'),
  APNS_TOPIC: z.string().optional().describe('Bundle id of the app'),
  APNS_URL: address('https://api.push.apple.com').describe('Push service of Apple for apps of the store'),
  APNS_SANDBOX_URL: address('https://api.sandbox.push.apple.com').describe(
    'Push service of Apple for apps in development',
  ),
  FCM_SERVICE_ACCOUNT: secret.describe('Service account of the Firebase project (JSON); secret'),
  FCM_URL: address('https://fcm.googleapis.com').describe('Firebase Cloud Messaging'),
  SMTP_URL: z
    .url({ protocol: /^smtps?$/ })
    .optional()
    .describe(
      'Mail server: smtps://user:password@host, or smtp:// for STARTTLS, which is demanded but on loopback; secret',
    ),
  SMTP_FROM: z.string().optional().describe('Sender of mails: Name <address>'),
  SMTP_CA_FILE: z.string().optional().describe('CA that signs the mail server, PEM'),
  SMS_PROVIDER: provider.describe('Who sends messages to phones'),
  VOICE_PROVIDER: provider.describe('Who calls phones'),
  PHONE_HTTP_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Provider of one’s own, by the interface of docs/guides/phone-providers.md'),
  PHONE_HTTP_SECRET: secret.describe('What that provider and this installation know each other by: whsec_…; secret'),
  TWILIO_URL: address('https://api.twilio.com').describe('Twilio, or the address of its region'),
  TWILIO_ACCOUNT_SID: z.string().optional().describe('Account at Twilio'),
  TWILIO_AUTH_TOKEN: secret.describe('Auth token of the account at Twilio; secret'),
  TWILIO_FROM: z.string().optional().describe('Number that Twilio sends and calls from, or a messaging service (MG…)'),
  VONAGE_URL: address('https://api.nexmo.com').describe('Vonage, or the address of its region'),
  VONAGE_APPLICATION_ID: z.string().optional().describe('Application at Vonage'),
  VONAGE_PRIVATE_KEY: secret.describe('Private key of the application at Vonage (PKCS #8, PEM); secret'),
  VONAGE_SIGNATURE_SECRET: secret.describe('Signature secret of the account at Vonage; secret'),
  VONAGE_FROM: z.string().optional().describe('Number that Vonage sends and calls from'),
  MESSAGE_PUSH_DELAY_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(60_000)
    .default(1_500)
    .describe('How long a message may take to a device with a socket before devices without one are woken, ms'),
  MESSAGE_PUSH_PAUSE_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(600_000)
    .default(5_000)
    .describe('How long a conversation that has woken devices wakes none again, ms'),
  SMS_PER_SECOND: perSecond(10).describe(
    'Messages to phones that leave per second at most, over all replicas; emergencies and the first to somebody do not wait',
  ),
  VOICE_PER_SECOND: perSecond(2).describe('Calls that begin per second at most, likewise'),
};
