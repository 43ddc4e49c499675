import { type CloseName, CLOSE_CODES, LIMITS, SUBPROTOCOL } from '@relais/contracts';
import { type ConversationId, newId } from '@relais/kernel';
import { WebSocket } from 'ws';
import { HalfOpen } from './half-open.js';
import type { Person } from './person.js';
import { RawClient, realtimeUrl } from './raw-client.js';
import { eventually, type Running } from './system.js';

const notUtf8 = Buffer.concat([Buffer.from('{"type":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);

const FRAMES: Readonly<Record<string, { frame: unknown; isText?: boolean; close: CloseName }>> = {
  'that is not JSON': { frame: '{"type":', close: 'invalid_frame' },
  'that is no object': { frame: '42', close: 'invalid_frame' },
  'of an unknown type': { frame: { type: 'shutdown' }, close: 'invalid_frame' },
  'with a field too many': { frame: { type: 'alive', admin: true }, close: 'invalid_frame' },
  'with __proto__': { frame: '{"type":"alive","__proto__":{"admin":true}}', close: 'invalid_frame' },
  'with a constructor': { frame: '{"type":"alive","constructor":{"prototype":{}}}', close: 'invalid_frame' },
  'of a wrong type': { frame: { type: 'typing', conversationId: 7 }, close: 'invalid_frame' },
  'of brackets without end': { frame: '['.repeat(60_000), close: 'invalid_frame' },
  'of bytes': { frame: Buffer.from('{"type":"alive"}'), close: 'invalid_frame' },
  'of text that is not UTF-8': { frame: notUtf8, isText: true, close: 'invalid_frame' },
  'larger than the limit': { frame: 'x'.repeat(LIMITS.frameBytes + 1), close: 'too_large' },
  'that says hello again': { frame: { type: 'hello', token: 'x' }, close: 'invalid_frame' },
};

export function edgeSocketsContract(running: Running): void {
  let alice: Person;
  let bob: Person;
  let tunnel: HalfOpen;
  let tunnelSince: number;

  beforeAll(async () => {
    let absent: Person;
    [alice, bob, absent] = (await running().acme.people(3)) as [Person, Person, Person];
    tunnel = await HalfOpen.open(absent.gateway(1), absent.session);
    tunnelSince = performance.now();
  }, 30_000);

  afterAll(() => tunnel?.close());

  const hasSlowConsumer = async (replica: string) => {
    const answer = await fetch(`${await running().cluster.internalUrl(replica)}/metrics`);
    return /^relais_gateway_slow_consumers_total [1-9]/m.test(await answer.text());
  };

  it.each(Object.keys(FRAMES))('socket: a frame %s closes it', async (name) => {
    const { frame, isText, close } = FRAMES[name] as (typeof FRAMES)[string];
    const client = await alice.open(0);

    client.send(frame, isText);

    expect(await client.closed).toMatchObject({ code: CLOSE_CODES[close].code, reason: { code: close } });
  });

  it.each([
    ['a field too many', { id: newId(), kind: 'message', body: { text: 'x' }, seq: 1 }],
    ['a wrong type', { id: newId(), kind: 'message', body: { text: ['x'] } }],
    ['a kind that only the server writes', { id: newId(), kind: 'membership', body: { change: 'added', userIds: [] } }],
    ['an id that is none', { id: 'mine', kind: 'message', body: { text: 'x' } }],
    ['a text too long', { id: newId(), kind: 'message', body: { text: 'x'.repeat(LIMITS.messageTextBytes + 1) } }],
  ])('socket: an append with %s is refused by its number, and the socket goes on', async (_, entry) => {
    const client = await alice.open(0);

    const answer = await client.ask({ type: 'append', conversationId: newId(), entry });

    expect(answer).toMatchObject({ type: 'refusal', error: { code: 'invalid_request', retryable: false } });
    expect(await client.ask({ type: 'sync', heads: [] })).toMatchObject({ type: 'answer' });
    await client.close();
  });

  it('socket: nothing is said to who has not said hello', async () => {
    const client = await RawClient.open(alice.gateway(0));
    client.send({ type: 'sync', n: 1, heads: [] });

    expect(await client.closed).toMatchObject({ code: CLOSE_CODES.invalid_frame.code });
    expect(client.frames).toEqual([]);
  });

  it.each([
    ['from a foreign page', '', { origin: 'https://evil.example' }, SUBPROTOCOL, 403, 'forbidden'],
    ['with a token in its URL', '?token=abc', {}, SUBPROTOCOL, 400, 'invalid_request'],
    ['of another protocol', '', {}, 'graphql-ws', 400, 'invalid_request'],
    ['of another path', '/../admin', {}, SUBPROTOCOL, 404, 'no_such_route'],
  ])('socket: one %s is not opened', async (_, more, options, protocol, status, code) => {
    const refusal = await new Promise<unknown>((resolve, reject) => {
      const socket = new WebSocket(realtimeUrl(alice.gateway(0)) + more, protocol, options);
      socket.on('error', () => undefined).on('open', () => reject(new Error('was let in')));
      socket.on('unexpected-response', (asked, response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve([response.statusCode, (JSON.parse(body) as { code: string }).code]));
        response.on('close', () => asked.destroy());
      });
    });

    expect(refusal).toEqual([status, code]);
  });

  it('socket: one that never reads while a group talks is told to sync again, and the group loses nothing', async () => {
    const id = await alice.start('group', [bob]);
    const [writer, reader, stuck] = [await alice.listen(0), await alice.open(1), await bob.open(1)];
    stuck.socket.pause();

    // It must wake up before it is cut off for not answering the closing, 5 s later.
    const wakes = eventually(() => hasSlowConsumer('gateway-2'), 30_000).then(() => stuck.socket.resume());
    const hasRead = (seq: number) => eventually(() => reader.entries(id).at(-1)?.seq === seq, 10_000);
    const last = await fill(writer.connection.append.bind(writer.connection), id, hasRead);

    expect(reader.entries(id).map(({ seq }) => seq)).toEqual(Array.from({ length: last - 1 }, (_, index) => index + 2));
    await wakes;
    expect(await stuck.closed).toMatchObject({ code: CLOSE_CODES.resync.code, reason: { code: 'resync' } });
    const seen = stuck.entries(id).map(({ seq }) => seq);
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => index + 2));
    await Promise.all([writer.connection.close(), reader.close()]);
  }, 60_000);

  it('socket: one whose other side has vanished is given up after two heartbeats', async () => {
    await eventually(() => tunnel.endedAtMs !== undefined, 20_000);

    expect(tunnel.closing).toEqual({
      code: CLOSE_CODES.heartbeat_missed.code,
      reason: JSON.stringify({ code: 'heartbeat_missed', retryAfterMs: 0 }),
    });
    expect((tunnel.endedAtMs ?? 0) - tunnelSince).toBeGreaterThan(2_000);
  }, 25_000);
}

type Append = (id: ConversationId, draft: { kind: 'message'; body: { text: string } }) => Promise<{ seq: number }>;

/** More than the buffers of a socket that nobody reads: 12 MiB, and never more than 512 KiB ahead of who does read. */
async function fill(append: Append, id: ConversationId, hasRead: (seq: number) => Promise<void>): Promise<number> {
  const text = 'x'.repeat(LIMITS.messageTextBytes);
  let last = 0;
  for (let round = 0; round < 24; round++) {
    const receipts = await Promise.all(
      Array.from({ length: 16 }, () => append(id, { kind: 'message', body: { text } })),
    );
    last = Math.max(...receipts.map(({ seq }) => seq));
    await hasRead(last);
  }
  return last;
}
