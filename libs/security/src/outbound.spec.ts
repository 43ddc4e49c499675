import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isPrivateAddress } from './network-address.js';
import { Outbound, OutboundError, type OutboundOptions } from './outbound.js';

const get = { method: 'GET', headers: {} } as const;
const problem = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'answered',
    (error: unknown) => (error instanceof OutboundError ? error.problem : String(error)),
  );

describe('a request to an address that somebody else has written down', () => {
  let server: Server;
  let answer: RequestListener;
  let url: URL;
  let received = 0;

  const open = (more: Partial<OutboundOptions> = {}) => new Outbound({ timeoutMs: 2_000, maxBytes: 1_024, ...more });

  beforeAll(async () => {
    server = createServer((request, response) => {
      received++;
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = new URL(`http://localhost:${(server.address() as AddressInfo).port}/x`);
  });
  beforeEach(() => (received = 0));
  afterAll(() => server.close());

  it('sends what is said and gives the answer as it is, redirects too', async () => {
    answer = (request, response) => {
      response.writeHead(307, { location: 'http://127.0.0.1:1/', 'x-method': request.method ?? '' });
      request.pipe(response);
    };

    const { status, headers, body } = await open().send(url, { method: 'PUT', headers: {}, body: 'grüße' });

    expect([status, headers['x-method'], body.toString()]).toEqual([307, 'PUT', 'grüße']);
    expect(received).toBe(1);
  });

  it('does not reach where it must not, whatever the name says, and connects to nothing then (A-56)', async () => {
    const guarded = open({ mayReach: (address) => !isPrivateAddress(address), keptConnections: 2 });

    expect(await problem(guarded.send(url, get))).toBe('forbidden');
    expect(await problem(guarded.send(new URL(`http://127.0.0.1:${url.port}`), get))).toBe('forbidden');
    expect(await problem(guarded.send(new URL('https://[::ffff:10.0.0.1]/'), get))).toBe('forbidden');
    expect(await problem(open().send(new URL('http://example.org'), get))).toBe('forbidden');
    expect(received).toBe(0);
    guarded.close();
  });

  it('is over when the answer is too large, too slow, cut off, or none', async () => {
    answer = (_, response) => response.end('x'.repeat(10_000_000));
    expect(await problem(open().send(url, get))).toBe('too_large');

    answer = () => undefined;
    expect(await problem(open({ timeoutMs: 100 }).send(url, get))).toBe('timeout');

    answer = (_, response) => response.writeHead(200).write('half');
    expect(await problem(open({ timeoutMs: 100 }).send(url, get))).toBe('timeout');

    answer = (request) => request.socket.destroy();
    expect(await problem(open().send(url, get))).toBe('unreachable');

    answer = (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    };
    expect(await problem(open().send(url, get))).toBe('unreachable');
    expect(await problem(open().send(new URL('http://127.0.0.1:1'), get))).toBe('unreachable');
  });

  it('keeps connections where it is told to', async () => {
    const ports = new Set<number | undefined>();
    answer = (request, response) => {
      ports.add(request.socket.remotePort);
      response.end();
    };
    const kept = open({ keptConnections: 1 });
    for (let count = 0; count < 3; count++) await kept.send(url, get);
    kept.close();

    expect(ports.size).toBe(1);
  });
});

describe('an address', () => {
  it.each([
    '10.1.2.3',
    '127.0.0.1',
    '169.254.169.254',
    '192.168.0.1',
    '100.64.0.1',
    '::1',
    'fd00::1',
    '::ffff:10.0.0.1',
  ])('of an inner network: %s', (address) => expect(isPrivateAddress(address)).toBe(true));
  it.each(['192.0.2.1', '8.8.8.8', '2001:db8::1', '::ffff:8.8.8.8'])('of the internet: %s', (address) =>
    expect(isPrivateAddress(address)).toBe(false),
  );
});
