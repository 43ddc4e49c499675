import { isWebhookSecret, signWebhook, verifyWebhook } from './standard-webhooks.js';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const at = new Date(1_614_265_330_000);

describe('a signed webhook', () => {
  it('is signed as the specification has it', () => {
    const headers = signWebhook(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}', at);

    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('is believed by who has the secret, also beside signatures of other secrets', () => {
    const headers = signWebhook(secret, 'x', 'body', at);
    const both = { ...headers, 'webhook-signature': `v1,AAAA v1a,BBBB ${headers['webhook-signature']}` };

    expect(verifyWebhook(secret, headers, 'body', at)).toBe(true);
    expect(verifyWebhook(secret, both, 'body', at)).toBe(true);
  });

  it.each([
    ['another body', { body: 'bodY' }],
    ['another id', { headers: { 'webhook-id': 'y' } }],
    ['another time', { headers: { 'webhook-timestamp': '1614265331' } }],
    ['a time that is none', { headers: { 'webhook-timestamp': 'NaN' } }],
    ['no signature of this kind', { headers: { 'webhook-signature': 'v2,AAAA' } }],
    ['another secret', { secret: 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
    ['an old one', { now: new Date(at.getTime() + 301_000) }],
    ['one of the future', { now: new Date(at.getTime() - 301_000) }],
  ])('is not believed with %s', (_, changed: object) => {
    const other = { headers: {}, body: 'body', now: at, secret, ...changed };
    const headers = { ...signWebhook(secret, 'x', 'body', at), ...other.headers };

    expect(verifyWebhook(other.secret, headers, other.body, other.now)).toBe(false);
  });

  it('has a secret of 24 to 64 bytes', () => {
    expect([secret, 'whsec_AAAA', `x${secret}`, ''].map(isWebhookSecret)).toEqual([true, false, false, false]);
  });
});
