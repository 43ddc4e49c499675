import { loadConfig } from '@relais/config';
import { env } from '../config.js';
import { setUp } from './set-up.js';

const NEEDED = {
  NATS_URL: 'nats://n:1',
  DATABASE_URL: 'postgres://u:p@h/d',
  KEYSTORE_URL: 'postgres://u:p@h/k',
  KEK_FILE: 'k',
};
const open = (more: Record<string, string>) => setUp(loadConfig(env, { ...NEEDED, ...more }));

describe('the providers of an installation', () => {
  it('are none where nobody has set one up', async () => {
    const none = open({});

    expect([none.apns, none.fcm, none.email, none.webPush, none.phones]).toEqual([null, null, null, null, {}]);
    await none.close();
  });

  it.each([
    [{ APNS_KEY: 'secret' }, /APNS_KEY_ID, APNS_TEAM_ID, APNS_TOPIC/],
    [{ SMTP_URL: 'smtps://relais:secret@mail.example' }, /SMTP_FROM/],
    [{ FCM_SERVICE_ACCOUNT: '{"private_key":"secret"}' }, /FCM_SERVICE_ACCOUNT: cannot be used/],
    [{ SMS_PROVIDER: 'twilio', TWILIO_AUTH_TOKEN: 'secret' }, /TWILIO_ACCOUNT_SID, TWILIO_FROM/],
    [{ VOICE_PROVIDER: 'vonage' }, /VONAGE_APPLICATION_ID/],
    [{ SMS_PROVIDER: 'http', PHONE_HTTP_URL: 'https://p.example', PHONE_HTTP_SECRET: 'secret' }, /whsec_/],
    [{ VAPID_SUBJECT: 'mailto:a@b.example' }, /VAPID_PRIVATE_KEY/],
  ])('are set up whole or not at all: %j', (given, says) => {
    expect(() => open(given)).toThrow(says);
    expect(() => open(given)).not.toThrow(/secret/);
  });
});
