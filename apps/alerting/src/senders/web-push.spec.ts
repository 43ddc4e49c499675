import { HttpProvider, MISBEHAVIOURS, WebPushServer } from '@relais/testing';
import { someAlarm } from '../../test/some-alarm.js';
import { alarmWake, entryWake } from './messages.js';
import { ProviderClient } from './provider-client.js';
import { UnifiedPushSender } from './unified-push.js';
import { vapidOf, WebPushSender } from './web-push.js';

const PRIVATE_KEY = 'rTpPVlkkYgXOdJEvnvAJv4mb7_b5Zjqf0Qm4oK5gXtU';
const vapid = vapidOf(PRIVATE_KEY, 'mailto:operator@relais.example');
const wake = alarmWake(someAlarm());

describe('a push to a browser', () => {
  let service: WebPushServer;
  let client: ProviderClient;
  let sender: WebPushSender;

  beforeEach(async () => {
    service = await WebPushServer.start(vapid.publicKey);
    client = ProviderClient.forUsers({ timeoutMs: 3_000, privateHosts: ['127.0.0.1'] });
    sender = new WebPushSender(client, vapid);
  });
  afterEach(async () => {
    client.close();
    await service.stop();
  });

  it('is known to come from here, and readable on the device only (RFC 8291, RFC 8292)', async () => {
    const subscription = service.subscribe();

    expect(await sender.send(subscription, wake)).toEqual({ state: 'sent' });
    const [pushed] = service.received;
    expect(JSON.parse(pushed?.text ?? '')).toEqual(wake.data);
    expect(pushed?.headers).toMatchObject({ ttl: '14400', urgency: 'high', topic: wake.collapse });
    expect(pushed?.sealed.includes('alarm')).toBe(false);
  });

  it('of a message may wait for a phone that saves its battery', async () => {
    await sender.send(
      service.subscribe(),
      entryWake({ organizationId: 'o', conversationId: 'c', seq: 1, kind: 'message' }),
    );

    expect(service.received[0]?.headers).toMatchObject({ urgency: 'normal', topic: 'c' });
  });

  it.each([
    [404, { state: 'gone' }],
    [410, { state: 'gone' }],
    [413, { state: 'failed', problem: 'too_large' }],
    [400, { state: 'failed', problem: 'provider_refused' }],
    [429, { state: 'queued', problem: 'provider_busy', retrySeconds: 120 }],
    [502, { state: 'queued', problem: 'provider_down', retrySeconds: 120 }],
  ])('that is answered with %i is understood', async (status, outcome) => {
    service.turn = () => (_, response) => void response.writeHead(status, { 'retry-after': '120' }).end();

    expect(await sender.send(service.subscribe(), wake)).toEqual(outcome);
  });

  it.each([
    ['silence', 'provider_timeout'],
    ['reset', 'provider_down'],
    ['flood', 'bad_answer'],
    ['redirect', 'bad_answer'],
  ] as const)('that is answered with %s has failed', async (how, problem) => {
    service.turn = () => MISBEHAVIOURS[how];

    expect(await sender.send(service.subscribe(), wake)).toMatchObject({ problem });
  });

  it('to a subscription that is none goes nowhere', async () => {
    const { endpoint } = service.subscribe();

    expect(await sender.send({ endpoint, keys: { p256dh: 'AAAA', auth: 'x' } }, wake)).toMatchObject({
      problem: 'undeliverable',
    });
    expect(await sender.send({ ...service.subscribe(), endpoint: 'nowhere' }, wake)).toMatchObject({
      problem: 'undeliverable',
    });
  });

  it('does not go into the inner network, but to hosts that the installation has named (A-56)', async () => {
    const guarded = new WebPushSender(ProviderClient.forUsers({ timeoutMs: 3_000, privateHosts: [] }), vapid);

    expect(await guarded.send(service.subscribe(), wake)).toEqual({ state: 'failed', problem: 'forbidden_address' });
    expect(service.received).toEqual([]);
  });

  describe('by UnifiedPush', () => {
    it('is a Web Push where the app has given keys', async () => {
      const subscription = { kind: 'unified_push', ...service.subscribe() } as const;

      expect(await new UnifiedPushSender(client, sender).send(subscription, wake)).toEqual({ state: 'sent' });
      expect(JSON.parse(service.received[0]?.text ?? '')).toEqual(wake.data);
    });

    it('is ids in the open where it has not', async () => {
      const distributor = await HttpProvider.start((_, response) => void response.writeHead(202).end());
      const destination = { kind: 'unified_push', endpoint: `${distributor.url}/UP?token=1` } as const;

      expect(await new UnifiedPushSender(client, sender).send(destination, wake)).toEqual({ state: 'sent' });
      expect(JSON.parse(distributor.received[0]?.body.toString() ?? '')).toEqual(wake.data);
      expect(distributor.received[0]?.headers).toMatchObject({ ttl: '14400', urgency: 'high' });
      await distributor.stop();
    });
  });
});
