import { createHmac, createPublicKey, generateKeyPairSync, hash } from 'node:crypto';
import { signWebhook, verifyWebhook } from '@relais/security';
import { type Answerer, answerJson, HttpProvider, MISBEHAVIOURS } from '@relais/testing';
import { jwtVerify, SignJWT } from 'jose';
import { HttpPhone } from './http-phone.js';
import type { PhoneMessage, PhoneSender } from './phone.js';
import { ProviderClient } from './provider-client.js';
import { Twilio } from './twilio.js';
import { Vonage } from './vonage.js';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const URL_OF_REPORT = 'https://relais.example/v1/alarm-deliveries/x?n=1';
const sms: PhoneMessage = {
  ...{
    id: 'n-1',
    kind: 'sms',
    to: '+4915112345678',
    text: 'ALARM: Brand & Rauch',
    language: 'de-DE',
    reportUrl: URL_OF_REPORT,
  },
};
const call: PhoneMessage = { ...sms, kind: 'voice' };

const client = ProviderClient.forInstallation({ timeoutMs: 3_000, privateHosts: [] });
const twilio = (url: string) => new Twilio(client, { url, accountSid: 'AC1', authToken: 'secret', from: '+4930123' });
const vonage = (url: string) =>
  new Vonage(client, {
    ...{ url, applicationId: 'app-1', privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })) },
    ...{ signatureSecret: 'a signature secret of the account', from: '4930123' },
  });
const generic = (url: string) => new HttpPhone(client, { url: `${url}/send`, secret: SECRET });
const PROVIDERS: [string, (url: string) => PhoneSender, Answerer][] = [
  ['Twilio', twilio, (_, response) => answerJson(response, 201, { sid: 'SM1', status: 'queued' })],
  ['Vonage', vonage, (_, response) => answerJson(response, 202, { message_uuid: 'SM1' })],
  ['a provider of one’s own', generic, (_, response) => answerJson(response, 202, { id: 'SM1' })],
];

let provider: HttpProvider;
beforeEach(async () => (provider = await HttpProvider.start(() => undefined)));
afterEach(() => provider.stop());
afterAll(() => client.close());

const form = () => Object.fromEntries(new URLSearchParams(provider.received[0]?.body.toString()));
const json = () => JSON.parse(provider.received[0]?.body.toString() ?? '') as Record<string, unknown>;

describe.each(PROVIDERS)('%s', (_, open, accepts) => {
  it('takes a message and names it', async () => {
    provider.answer = accepts;

    expect(await open(provider.url).send(sms)).toEqual({ state: 'sent', providerId: 'SM1' });
  });

  it.each([
    ['garbage', 'bad_answer'],
    ['silence', 'provider_timeout'],
    ['reset', 'provider_down'],
    ['flood', 'bad_answer'],
  ] as const)('that answers with %s has not taken it', async (how, problem) => {
    provider.answer = MISBEHAVIOURS[how];

    expect(await open(provider.url).send(sms)).toMatchObject({ problem });
  });

  it.each([
    [401, 'provider_refused'],
    [404, 'provider_refused'],
    [307, 'bad_answer'],
    [429, 'provider_busy'],
    [500, 'provider_down'],
  ])('that answers %i is understood', async (status, problem) => {
    provider.answer = (__, response) => answerJson(response, status, {}, { location: 'http://10.0.0.1/' });

    const outcome = await open(provider.url).send(sms);
    expect(outcome).toMatchObject({ problem });
    expect(provider.received).toHaveLength(1);
  });
});

describe('Twilio', () => {
  it('is asked for a message as it wants to be', async () => {
    provider.answer = (_, response) => answerJson(response, 201, { sid: 'SM1' });
    await twilio(provider.url).send(sms);

    expect(provider.received[0]).toMatchObject({ method: 'POST', path: '/2010-04-01/Accounts/AC1/Messages.json' });
    expect(provider.received[0]?.headers.authorization).toBe(`Basic ${btoa('AC1:secret')}`);
    expect(form()).toEqual({ To: sms.to, From: '+4930123', Body: sms.text, StatusCallback: URL_OF_REPORT });
  });

  it('is asked for a call that says it twice, in words that are no markup', async () => {
    provider.answer = (_, response) => answerJson(response, 201, { sid: 'CA1' });
    await twilio(provider.url).send({ ...call, text: 'a < b & "c"</Say><Dial>+900</Dial>' });

    expect(provider.received[0]?.path).toBe('/2010-04-01/Accounts/AC1/Calls.json');
    expect(form()['Twiml']).toBe(
      '<Response><Say language="de-DE" loop="2">a &lt; b &amp; &quot;c&quot;&lt;/Say&gt;&lt;Dial&gt;+900&lt;/Dial&gt;</Say></Response>',
    );
  });

  it('says when a number takes nothing', async () => {
    provider.answer = (_, response) =>
      answerJson(response, 400, { code: 21_211, message: "The 'To' number is not valid" });

    expect(await twilio(provider.url).send(sms)).toEqual({ state: 'failed', problem: 'undeliverable' });
  });

  const signed = (body: string, url = URL_OF_REPORT, secret = 'secret') => {
    const fields = [...new URLSearchParams(body)].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const signature = createHmac('sha1', secret)
      .update(url + fields.flat().join(''))
      .digest('base64');
    return { url: URL_OF_REPORT, body, headers: { 'x-twilio-signature': signature } };
  };

  it.each([
    ['MessageStatus=delivered&MessageSid=SM1', 'reached'],
    ['MessageStatus=undelivered&ErrorCode=30003', 'undeliverable'],
    ['MessageStatus=sent', 'nothing_new'],
    ['CallStatus=completed&AnsweredBy=human', 'reached'],
    ['CallStatus=completed&AnsweredBy=machine_start', 'undeliverable'],
    ['CallStatus=no-answer', 'undeliverable'],
    ['CallStatus=ringing', 'nothing_new'],
  ])('reports %s', async (body, report) => {
    expect(await twilio('').read(signed(body))).toBe(report);
  });

  it('is not believed without its signature (F-36)', async () => {
    const body = 'MessageStatus=delivered';
    const forged = [
      signed(body, URL_OF_REPORT, 'guess'),
      signed(body, 'https://relais.example/other'),
      { ...signed('MessageStatus=undelivered'), body },
      { ...signed(body), headers: {} },
    ];

    for (const report of forged) expect(await twilio('').read(report)).toBeNull();
  });
});

describe('Vonage', () => {
  it('is asked with the token of the application, for a message and for a call', async () => {
    provider.answer = (_, response) => answerJson(response, 202, { message_uuid: 'm', uuid: 'm' });
    const sender = vonage(provider.url);
    await sender.send(sms);
    expect(json()).toMatchObject({
      channel: 'sms',
      to: '4915112345678',
      from: '4930123',
      client_ref: 'n-1',
      webhook_url: URL_OF_REPORT,
    });
    await sender.send(call);

    expect(provider.received.map(({ path }) => path)).toEqual(['/v1/messages', '/v1/calls']);
    expect(JSON.parse(provider.received[1]?.body.toString() ?? '')).toMatchObject({
      ncco: [{ action: 'talk', language: 'de-DE', text: call.text, loop: 2 }],
      event_url: [URL_OF_REPORT],
    });
    const tokens = new Set(provider.received.map(({ headers }) => headers.authorization));
    expect(tokens.size).toBe(1);
    const jwt = [...tokens][0]?.replace('Bearer ', '') ?? '';
    expect((await jwtVerify(jwt, createPublicKey(privateKey))).payload).toMatchObject({ application_id: 'app-1' });
  });

  const report = async (body: string, more: { secret?: string; says?: string } = {}) => {
    const secret = new TextEncoder().encode(more.secret ?? 'a signature secret of the account');
    const claims = { api_key: 'k', payload_hash: hash('sha256', more.says ?? body) };
    const jwt = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setIssuedAt().sign(secret);
    return { url: URL_OF_REPORT, body, headers: { authorization: `Bearer ${jwt}` } };
  };

  it.each([
    ['delivered', 'reached'],
    ['human', 'reached'],
    ['rejected', 'undeliverable'],
    ['machine', 'undeliverable'],
    ['unanswered', 'undeliverable'],
    ['submitted', 'nothing_new'],
  ])('reports %s', async (status, said) => {
    expect(await vonage('').read(await report(JSON.stringify({ status })))).toBe(said);
  });

  it('is not believed without its signature, or for another body (F-36)', async () => {
    const body = '{"status":"delivered"}';
    const forged = [
      await report(body, { secret: 'somebody else’s secret, as long' }),
      await report(body, { says: '{"status":"rejected"}' }),
      { url: URL_OF_REPORT, body, headers: {} },
      { url: URL_OF_REPORT, body, headers: { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' } },
    ];

    for (const one of forged) expect(await vonage('').read(one)).toBeNull();
  });
});

describe('a provider of one’s own', () => {
  it('knows who asks and what is a repetition', async () => {
    provider.answer = (_, response) => answerJson(response, 200, { id: 'x' });
    await generic(provider.url).send(call);

    const [{ headers, body }] = provider.received as [(typeof provider.received)[0]];
    expect(headers).toMatchObject({ 'idempotency-key': 'n-1', 'webhook-id': 'n-1' });
    expect(verifyWebhook(SECRET, headers as never, body.toString())).toBe(true);
    expect(json()).toEqual(call);
  });

  it.each([
    [422, { state: 'failed', problem: 'undeliverable' }],
    [410, { state: 'gone' }],
  ])('says by %i what is about the number', async (status, outcome) => {
    provider.answer = (_, response) => answerJson(response, status, {});

    expect(await generic(provider.url).send(sms)).toEqual(outcome);
  });

  it('reports what became of it, and is not believed without its signature (F-36)', async () => {
    const body = '{"state":"reached"}';
    const headers: Record<string, string> = { ...signWebhook(SECRET, 'r-1', body) };
    const read = (said: string, signed: Record<string, string>) =>
      generic('').read({ url: URL_OF_REPORT, body: said, headers: signed });

    expect(await read(body, headers)).toBe('reached');
    expect(await read('{"state":"undeliverable"}', headers)).toBeNull();
    expect(await read(body, {})).toBeNull();
  });
});
