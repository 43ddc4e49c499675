import { answerJson, fcmError, FcmServer, MISBEHAVIOURS } from '@relais/testing';
import { someAlarm } from '../../test/some-alarm.js';
import { FcmSender, serviceAccount } from './fcm.js';
import { alarmWake } from './messages.js';
import { ProviderClient } from './provider-client.js';

const address = { kind: 'fcm', token: 'a-token' } as const;
const wake = alarmWake(someAlarm());

describe('a push by Google', () => {
  let server: FcmServer;
  let client: ProviderClient;
  let sender: FcmSender;

  beforeEach(async () => {
    server = await FcmServer.start();
    client = ProviderClient.forInstallation({ timeoutMs: 3_000, privateHosts: [] });
    sender = new FcmSender(client, serviceAccount.parse(JSON.parse(server.account)), server.url);
  });
  afterEach(async () => {
    client.close();
    await server.stop();
  });

  it('is data of high priority with ids only, under a token that is asked for once (T-20)', async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => sender.send(address, wake)));

    expect(outcomes.every((outcome) => outcome.state === 'sent' && outcome.providerId?.startsWith('projects/'))).toBe(
      true,
    );
    expect([server.received.length, server.granted]).toEqual([20, 1]);
    expect(server.received[0]).toMatchObject({ token: 'a-token', android: { priority: 'HIGH', ttl: '14400s' } });
    expect(server.received[0]?.data).toMatchObject({ type: 'alarm', alarmId: someAlarm().alarmId });
    expect(JSON.stringify(server.received)).not.toMatch(/Bomb|Hall|example/);
  });

  it('goes on under a new token when the old one is withdrawn', async () => {
    await sender.send(address, wake);
    server.withdraw();

    expect((await sender.send(address, wake)).state).toBe('sent');
    expect(server.granted).toBe(2);
  });

  it.each([
    ['UNREGISTERED', 404, { state: 'gone' }],
    ['INVALID_ARGUMENT', 400, { state: 'failed', problem: 'undeliverable' }],
    ['SENDER_ID_MISMATCH', 403, { state: 'failed', problem: 'provider_refused' }],
    ['NOT_FOUND', 404, { state: 'failed', problem: 'provider_refused' }],
    ['UNAVAILABLE', 503, { state: 'queued', problem: 'provider_down', retrySeconds: 9 }],
    ['QUOTA_EXCEEDED', 429, { state: 'queued', problem: 'provider_busy', retrySeconds: 9 }],
  ])('that is answered with %s is understood', async (code, status, outcome) => {
    server.turn = () => (_, response) => fcmError(response, status, code, { 'retry-after': '9' });

    expect(await sender.send(address, wake)).toEqual(outcome);
  });

  it.each([
    ['garbage', { state: 'failed', problem: 'bad_answer' }],
    ['silence', { state: 'queued', problem: 'provider_timeout', retrySeconds: 5 }],
    ['reset', { state: 'queued', problem: 'provider_down', retrySeconds: 5 }],
    ['flood', { state: 'failed', problem: 'bad_answer' }],
    ['redirect', { state: 'failed', problem: 'bad_answer' }],
  ] as const)('that is answered with %s is no worse than that', async (how, outcome) => {
    server.turn = () => MISBEHAVIOURS[how];
    const pushed = await sender.send(address, wake);
    server.grantTurn = MISBEHAVIOURS[how];
    server.withdraw();
    const granted = await new FcmSender(client, serviceAccount.parse(JSON.parse(server.account)), server.url).send(
      address,
      wake,
    );

    expect([pushed, granted]).toEqual([outcome, outcome]);
  });

  it('asks again for a token that was not given', async () => {
    server.grantTurn = (_, response) => answerJson(response, 400, { error: 'invalid_grant' });
    const before = await sender.send(address, wake);
    server.grantTurn = undefined;

    expect(before).toEqual({ state: 'failed', problem: 'provider_refused' });
    expect((await sender.send(address, wake)).state).toBe('sent');
  });
});
