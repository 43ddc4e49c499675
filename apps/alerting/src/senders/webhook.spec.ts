import { verifyWebhook } from '@relais/security';
import { HttpProvider } from '@relais/testing';
import { someAlarm } from '../../test/some-alarm.js';
import { ProviderClient } from './provider-client.js';
import { WebhookSender } from './webhook.js';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

describe('a webhook of somebody’s own', () => {
  let receiver: HttpProvider;
  const open = (privateHosts: string[]) =>
    new WebhookSender(ProviderClient.forUsers({ timeoutMs: 3_000, privateHosts }));

  beforeEach(async () => (receiver = await HttpProvider.start((_, response) => void response.writeHead(204).end())));
  afterEach(() => receiver.stop());

  it('is told of an alarm, signed, and knows a repetition', async () => {
    const sender = open(['127.0.0.1']);
    const address = { kind: 'webhook', url: `${receiver.url}/hook`, secret } as const;

    expect(await sender.send(address, someAlarm())).toEqual({ state: 'sent' });
    await sender.send(address, someAlarm());

    const [{ headers, body }, again] = receiver.received as [
      (typeof receiver.received)[0],
      (typeof receiver.received)[0],
    ];
    expect(verifyWebhook(secret, headers as never, body.toString())).toBe(true);
    expect(again.headers['webhook-id']).toBe(headers['webhook-id']);
    expect(JSON.parse(body.toString())).toMatchObject({
      type: 'alarm',
      data: { alarmId: someAlarm().alarmId, title: 'Bomb threat' },
    });
  });

  it.each([
    [410, { state: 'gone' }],
    [404, { state: 'failed', problem: 'undeliverable' }],
    [302, { state: 'failed', problem: 'bad_answer' }],
  ])('that answers %i is understood, and leads nowhere else', async (status, outcome) => {
    receiver.answer = (_, response) => void response.writeHead(status, { location: receiver.url }).end();

    expect(await open(['127.0.0.1']).send({ kind: 'webhook', url: receiver.url, secret }, someAlarm())).toEqual(
      outcome,
    );
    expect(receiver.received).toHaveLength(1);
  });

  it('in the inner network is not asked (A-56)', async () => {
    for (const url of [receiver.url, 'https://169.254.169.254/', 'http://relais.example/', 'https://localhost:1/'])
      expect(await open([]).send({ kind: 'webhook', url, secret }, someAlarm())).toMatchObject({
        problem: 'forbidden_address',
      });
    expect(receiver.received).toEqual([]);
  });
});
