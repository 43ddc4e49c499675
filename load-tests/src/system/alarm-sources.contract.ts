import { once } from 'node:events';
import { connect } from 'node:net';
import { type AlarmTold, ROUTES, type ServerFrame } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { signWebhook } from '@relais/security';
import { hasMonitoring, Monitoring } from '@relais/testing';
import type { Person } from './person.js';
import type { RawClient } from './raw-client.js';
import type { Running } from './system.js';

type Told = AlarmTold & { type: 'alarm' };
type Changed = Extract<ServerFrame, { type: 'alarm_changed' }>;

const STEP_MS = 60_000;
/** Whoever sends a body so slowly is hung up on within this time. */
const SLOW_MS = 75_000;
const WITH_MONITORING = hasMonitoring() ? it : it.skip;

/** Other systems say that something is wrong, over HTTP as it is on the wire, to one gateway; people hear it at both. */
export function alarmSourcesContract(running: Running): void {
  let anna: Person;
  let socket: RawClient;

  beforeAll(async () => {
    anna = await running().acme.join();
    socket = await anna.open(1);
  }, STEP_MS);
  afterAll(() => socket?.close());

  async function source(settings: object) {
    const { acme } = running();
    const raises = { audience: { userIds: [anna.id] } };
    const owner = await acme.owner.fresh();
    const { path, secret } = await owner.call(ROUTES.putAlarmSource, {
      ...{ sourceId: newId<never>(), settings: { name: 'System test', raises, ...settings } as never },
    });
    return { url: `${owner.gateway(0)}${String(path)}`, secret: String(secret) };
  }
  const told = async (title: string) =>
    (await socket.until((frame) => frame.type === 'alarm' && frame.alarm.title === title)) as Told;
  const changed = async (id: string, state: string) =>
    (await socket.until(
      (frame) => frame.type === 'alarm_changed' && frame.alarm.id === id && frame.alarm.state === state,
    )) as Changed;

  WITH_MONITORING.each([
    ['a bearer token', undefined],
    ['basic authentication', 'relais'],
  ])(
    'Prometheus sees it, Alertmanager says it with %s, a device is told, and hears the all-clear',
    async (_, user) => {
      const { url, secret } = await source({ kind: 'alertmanager' });
      const monitoring = await Monitoring.start({ url, secret, ...(user ? { user } : {}) });
      try {
        monitoring.celsius = user ? 70 : 80;
        const { alarm } = await told(`Oven 3 has ${monitoring.celsius} degrees`);
        expect(alarm).toMatchObject({ severity: 'emergency', state: 'open' });
        monitoring.celsius = 20;
        expect((await changed(alarm.id, 'all_clear')).alarm.title).toBe(alarm.title);
      } finally {
        await monitoring.stop();
      }
    },
    2 * STEP_MS,
  );

  it('a signed webhook is believed byte for byte as it was signed, and once', async () => {
    const { url, secret } = await source({ kind: 'webhook', mapping: '{ "title": "Door " & door & " is open" }' });
    const body = '{ "door":\n  4 }';
    const headers = { 'content-type': 'application/json', ...signWebhook(secret, newId(), body) };
    const post = async (sent: string, more: object = {}) => {
      const answer = await fetch(url, { method: 'POST', body: sent, headers: { ...headers, ...more } });
      return { status: answer.status, body: (await answer.json()) as { outcome?: string; code?: string } };
    };

    expect(await post(body)).toMatchObject({ status: 200, body: { outcome: 'raised' } });
    await told('Door 4 is open');
    expect(await post(body)).toMatchObject({ status: 200, body: { outcome: 'repeated' } });
    expect(await post(`${body} `)).toMatchObject({ status: 401, body: { code: 'source_refused' } });
    expect(await post(body, { 'webhook-id': newId() })).toMatchObject({
      status: 401,
      body: { code: 'source_refused' },
    });
    expect(await post(body, { 'webhook-signature': '' })).toMatchObject({ status: 401 });
    const { 'webhook-id': _, ...without } = headers;
    const none = await fetch(url, { method: 'POST', body, headers: without });
    expect(none.status).toBe(400);
  });

  it('a heartbeat is heard with POST and GET; who has no secret, or no source, is told the same', async () => {
    const { url, secret } = await source({ kind: 'heartbeat', everySeconds: 3_600 });
    const beat = async (address: string, method: string, authorization: string) => {
      const answer = await fetch(address, { method, headers: { authorization } });
      return { status: answer.status, text: await answer.text() };
    };

    expect((await beat(url, 'POST', `Bearer ${secret}`)).status).toBe(200);
    expect((await beat(url, 'GET', `Bearer ${secret}`)).status).toBe(200);
    expect((await beat(url, 'GET', `Basic ${Buffer.from(`x:${secret}`).toString('base64')}`)).status).toBe(200);
    const wrong = await beat(url, 'POST', 'Bearer wrong');
    const unknown = await beat(url.replace(/[0-9a-f-]{36}(?=\/heartbeat)/, newId()), 'POST', 'Bearer wrong');
    const elsewhere = await beat(
      url.replace(/incoming\/[0-9a-f-]{36}/, `incoming/${newId()}`),
      'POST',
      `Bearer ${secret}`,
    );
    expect([wrong.status, unknown, elsewhere]).toEqual([401, wrong, wrong]);
  });

  it('a body of 10 MB is refused before it is read', async () => {
    const { url, secret } = await source({ kind: 'alertmanager' });
    const { hostname, port, pathname } = new URL(url);
    const client = connect(Number(port), hostname);
    client.on('error', () => undefined);
    client.write(
      `POST ${pathname} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${10 * 1024 * 1024}\r\n\r\n{`,
    );
    const [answer] = (await once(client, 'data')) as [Buffer];
    client.destroy();

    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 [^]*too_large/);
  });

  it('a body of 10 MB in pieces is refused as soon as it is too large', async () => {
    const { url, secret } = await source({ kind: 'alertmanager' });
    let sent = 0;
    const piece = new TextEncoder().encode('x'.repeat(64 * 1024));
    const body = new ReadableStream({
      pull(controller) {
        sent += piece.byteLength;
        if (sent > 10 * 1024 * 1024) controller.close();
        else controller.enqueue(piece);
      },
    });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` };
    const init = { method: 'POST', body, headers, duplex: 'half' } as RequestInit;
    const status = await fetch(url, init).then(
      (answer) => answer.status,
      () => 413,
    );

    expect(status).toBe(413);
    expect(sent).toBeLessThan(10 * 1024 * 1024);
  });

  it(
    'a body that comes byte by byte is hung up on, and others are served meanwhile',
    async () => {
      const slow = await source({ kind: 'alertmanager' });
      const { hostname, port, pathname } = new URL(slow.url);
      const client = connect(Number(port), hostname);
      client.on('error', () => undefined);
      let said = '';
      client.on('data', (chunk: Buffer) => (said += chunk.toString()));
      client.write(
        `POST ${pathname} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${slow.secret}\r\n` +
          'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n',
      );
      const drip = setInterval(() => client.writable && client.write(' '), 500);
      const closed = once(client, 'close');
      const { url, secret } = await source({ kind: 'heartbeat', everySeconds: 3_600 });
      expect((await fetch(url, { headers: { authorization: `Bearer ${secret}` } })).status).toBe(200);
      await closed;
      clearInterval(drip);

      expect(said).toMatch(/^(HTTP\/1\.1 4\d\d [^]*)?$/);
    },
    SLOW_MS,
  );

  it('a type of body that nobody here reads is refused', async () => {
    const { url, secret } = await source({ kind: 'alertmanager' });
    const headers = { 'content-type': 'application/xml', authorization: `Bearer ${secret}` };

    expect((await fetch(url, { method: 'POST', body: '<alert/>', headers })).status).toBe(415);
  });
}
