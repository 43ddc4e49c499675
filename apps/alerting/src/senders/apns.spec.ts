import { ApnsServer } from '@relais/testing';
import { someAlarm } from '../../test/some-alarm.js';
import { ApnsSender } from './apns.js';
import { alarmWake, entryWake } from './messages.js';

const TOKEN = 'ab'.repeat(32);
const address = { kind: 'apns', token: TOKEN, environment: 'production' } as const;

describe('a push by Apple', () => {
  let server: ApnsServer;
  let sender: ApnsSender;
  const open = (more: object = {}) => {
    const { key, keyId, teamId, topic, url } = server;
    return new ApnsSender({
      ...{ key, keyId, teamId, topic, servers: { production: url, sandbox: url } },
      timeoutMs: 3_000,
      ...more,
    });
  };

  beforeEach(async () => {
    server = await ApnsServer.start();
    sender = open();
  });
  afterEach(async () => {
    await sender.close();
    await server.stop();
  });

  it('is sent with a token of our own over one connection, and says nothing of what it is about (T-20)', async () => {
    const wake = alarmWake(someAlarm({ severity: 'emergency' }));

    const outcomes = await Promise.all(Array.from({ length: 20 }, () => sender.send(address, wake)));

    expect(new Set(outcomes.map(({ state }) => state))).toEqual(new Set(['sent']));
    expect([server.received.length, server.connections, server.jwts.size]).toEqual([20, 1, 1]);
    const [{ payload, headers }] = server.received as [(typeof server.received)[0]];
    expect(payload).toMatchObject({
      aps: { 'interruption-level': 'critical', 'mutable-content': 1, sound: { critical: 1 } },
      relais: { type: 'alarm', alarmId: someAlarm().alarmId, notificationId: someAlarm().id },
    });
    expect(headers).toMatchObject({ 'apns-id': someAlarm().id, 'apns-collapse-id': wake.collapse });
    expect(JSON.stringify(payload)).not.toMatch(/Bomb|Hall|example/);
  });

  it.each([
    ['emergency', 'critical'],
    ['alarm', 'time-sensitive'],
    ['notice', 'active'],
  ] as const)('of an alarm of severity %s interrupts as %s', async (severity, level) => {
    await sender.send(address, alarmWake(someAlarm({ severity })));

    expect(server.received[0]?.payload).toMatchObject({ aps: { 'interruption-level': level } });
  });

  it('of a drill that disturbs nobody wakes the app and shows nothing', async () => {
    await sender.send(address, alarmWake(someAlarm({ severity: 'emergency', isSilent: true })));

    expect(server.received[0]?.payload['aps']).toEqual({ 'content-available': 1 });
    expect(server.received[0]?.headers).toMatchObject({ 'apns-push-type': 'background', 'apns-priority': '5' });
  });

  it('of a message carries its conversation and its number', async () => {
    await sender.send(address, entryWake({ organizationId: 'o', conversationId: 'c', seq: 7, kind: 'message' }));

    expect(server.received[0]?.payload['relais']).toEqual({
      type: 'entry',
      organizationId: 'o',
      conversationId: 'c',
      seq: '7',
      kind: 'message',
    });
  });

  it.each([
    [{ status: 410, reason: 'Unregistered' }, { state: 'gone' }],
    [{ status: 400, reason: 'BadDeviceToken' }, { state: 'gone' }],
    [
      { status: 400, reason: 'DeviceTokenNotForTopic' },
      { state: 'failed', problem: 'provider_refused' },
    ],
    [
      { status: 403, reason: 'Forbidden' },
      { state: 'failed', problem: 'provider_refused' },
    ],
    [
      { status: 413, reason: 'PayloadTooLarge' },
      { state: 'failed', problem: 'too_large' },
    ],
    [
      { status: 429, reason: 'TooManyRequests', headers: { 'retry-after': '7' } },
      { state: 'queued', problem: 'provider_busy', retrySeconds: 7 },
    ],
    [
      { status: 503, reason: 'ServiceUnavailable' },
      { state: 'queued', problem: 'provider_down', retrySeconds: 5 },
    ],
    [{ status: 302 }, { state: 'failed', problem: 'bad_answer' }],
    ['silence' as const, { state: 'queued', problem: 'provider_timeout', retrySeconds: 5 }],
    ['reset' as const, { state: 'queued', problem: 'provider_down', retrySeconds: 5 }],
  ])('that is answered with %j is %j', async (turn, outcome) => {
    server.turn = () => turn;

    expect(await sender.send(address, alarmWake(someAlarm()))).toEqual(outcome);
  });

  it('to what is no token goes nowhere', async () => {
    expect(await sender.send({ ...address, token: '../3/device' }, alarmWake(someAlarm()))).toEqual({ state: 'gone' });
    expect(server.connections).toBe(0);
  });

  it('whose token Apple does not want any more is sent with a new one, made once for all', async () => {
    let refused = '';
    server.turn = (_, jwt) => {
      refused ||= jwt;
      return jwt === refused ? { status: 403, reason: 'ExpiredProviderToken' } : undefined;
    };
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => sender.send(address, alarmWake(someAlarm()))));

    expect(outcomes.map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => 'sent'));
    expect(server.jwts.size).toBe(2);
  });

  it('goes on over a new connection when the server said farewell, went away, or fell silent', async () => {
    const send = async () => (await sender.send(address, alarmWake(someAlarm()))).state;
    const states = [await send()];

    server.sayFarewell();
    states.push(...(await Promise.all([send(), send(), send()])));
    server.turn = () => 'silence';
    states.push(await send());
    server.turn = () => undefined;
    states.push(await send());

    expect(states).toEqual(['sent', 'sent', 'sent', 'sent', 'queued', 'sent']);
  });

  it('is refused with a key that Apple does not know', async () => {
    const other = await ApnsServer.start();
    const stranger = open({ key: other.key });

    expect(await stranger.send(address, alarmWake(someAlarm()))).toEqual({
      state: 'failed',
      problem: 'provider_refused',
    });
    await Promise.all([stranger.close(), other.stop()]);
  });

  it('waits for nobody who is not there', async () => {
    const lost = open({ servers: { production: 'http://127.0.0.1:1', sandbox: 'http://127.0.0.1:1' } });

    expect(await lost.send(address, alarmWake(someAlarm()))).toMatchObject({
      state: 'queued',
      problem: 'provider_down',
    });
    await lost.close();
  });
});
