import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isEncryptedOrLocal } from '@relais/security';
import { awayIn, outboundFor } from './outbound.js';

const ask = (issuer: string, url: string) =>
  outboundFor(issuer)(url, { method: 'GET', headers: {}, body: undefined, redirect: 'manual' });
const away = (asked: Promise<unknown>) =>
  asked.then(
    () => 'answered',
    (error: unknown) => awayIn(error)?.code ?? String(error),
  );

describe('what a provider’s addresses may lead to', () => {
  let server: Server;
  let answer: RequestListener;
  let origin: string;

  beforeAll(async () => {
    server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it('is at most 256 KiB, however it is sent', async () => {
    answer = (_, response) => response.end('x'.repeat(1_000));
    expect(await (await ask(origin, origin)).text()).toHaveLength(1_000);

    answer = (_, response) => {
      for (let sent = 0; sent < 300; sent++) response.write('x'.repeat(1_024));
      response.end();
    };
    expect(await away(ask(origin, origin))).toBe('identity_provider_unavailable');
  });

  it('is nothing when the server is broken, gone or redirects', async () => {
    answer = (_, response) => response.writeHead(502).end();
    expect(await away(ask(origin, origin))).toBe('identity_provider_unavailable');
    expect(await away(ask('http://127.0.0.1:1', 'http://127.0.0.1:1'))).toBe('identity_provider_unavailable');

    answer = (_, response) => response.writeHead(302, { location: `${origin}/inner` }).end();
    expect((await ask(origin, origin)).status).toBe(302);
  });

  it('is encrypted, or on this machine', () => {
    expect(isEncryptedOrLocal(new URL('https://login.example'))).toBe(true);
    expect(isEncryptedOrLocal(new URL('http://[::1]:80'))).toBe(true);
    expect(isEncryptedOrLocal(new URL('http://login.example'))).toBe(false);
    expect(isEncryptedOrLocal(new URL('ftp://127.0.0.1'))).toBe(false);
  });

  it('is not the inner network, for a provider outside of it', async () => {
    const outside = 'https://192.0.2.1';
    for (const inner of [
      'https://127.0.0.1:1',
      'https://169.254.169.254',
      'https://10.0.0.1',
      'https://[::1]:1',
      origin,
    ])
      expect(await away(ask(outside, inner))).toMatch(/inner network/);
    expect(await away(ask(outside, 'http://192.0.2.2'))).toMatch(/not encrypted/);
  });

  it('is told from other failures wherever a library has wrapped it', async () => {
    const failed: unknown = await ask('http://127.0.0.1:1', 'http://127.0.0.1:1').catch((error: unknown) => error);

    expect(awayIn(new Error('wrapped', { cause: new Error('twice', { cause: failed }) }))).toBe(failed);
    expect(awayIn(new Error('other'))).toBeNull();
  });
});
