import { once } from 'node:events';
import { connect } from 'node:net';
import { codeOf } from './person.js';
import { ROUTES } from '@relais/contracts';
import type { Running } from './system.js';

const POST = 'POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
const smuggled = 'GET /v1/me HTTP/1.1\r\nHost: x\r\n\r\n';

/** Bytes that are not quite HTTP, and how the answers to them begin: one each, then the connection ends. */
const BYTES: Readonly<Record<string, { bytes: string; status: RegExp }>> = {
  'two lengths (request smuggling)': {
    bytes: `${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    status: /^400 /,
  },
  'a length twice': { bytes: `${POST}Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}`, status: /^400 / },
  'a length that is none': { bytes: `${POST}Content-Length: -1\r\n\r\n`, status: /^400 / },
  'headers without end': {
    bytes: `GET /v1/me HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    status: /^4\d\d /,
  },
  'a line feed in a header': { bytes: 'GET /v1/me HTTP/1.1\r\nHost: x\r\nX: a\nb\r\n\r\n', status: /^400 / },
  'no HTTP at all': { bytes: '\u0016\u0003\u0001 hello\r\n\r\n', status: /^400 / },
  'an unknown method': { bytes: 'BREW /v1/me HTTP/1.1\r\nHost: x\r\n\r\n', status: /^400 / },
};

export function edgeRawHttpContract(running: Running): void {
  async function say(bytes: string): Promise<string> {
    const { hostname, port } = new URL(running().gateways[0] as string);
    const socket = connect(Number(port), hostname);
    let said = '';
    socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1'))).on('error', () => undefined);
    socket.write(Buffer.from(bytes, 'latin1'));
    await once(socket, 'close');
    return said;
  }

  it.each(Object.keys(BYTES))('HTTP: %s is answered once, with a problem, and hung up on', async (name) => {
    const { bytes, status } = BYTES[name] as (typeof BYTES)[string];

    const [before, ...answers] = (await say(bytes)).split('HTTP/1.1 ');

    expect(before).toBe('');
    expect(answers).toHaveLength(1);
    expect(answers[0]).toMatch(status);
    expect(answers[0]).toContain('application/problem+json');
    expect(await codeOf(running().acme.owner.callAt(0, ROUTES.me, {}))).toBe('ok');
  });
}
