import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpClient } from './http-client.js';

/** What every HttpClient does, over a real connection. */
export function httpClientContract(send: HttpClient): void {
  let server: Server;
  let url: string;
  let answers: RequestListener;
  const asked = { method: 'GET', headers: {}, signal: new AbortController().signal };

  beforeAll(async () => {
    server = createServer((request, response) => answers(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close() && server.closeAllConnections());

  it('sends what it is told and gives the whole answer, whatever its status', async () => {
    answers = (request, response) => {
      response.writeHead(409, { 'dpop-nonce': 'n1' }).write(`${request.method} ${request.url} `);
      request.pipe(response);
    };
    const headers = { 'content-type': 'application/json' };
    const { status, header, body } = await send(`${url}/v1/a?b=c`, {
      ...{ ...asked, method: 'POST', headers, body: '{"ä":1}' },
    });

    expect([status, header('DPoP-Nonce'), header('retry-after')]).toEqual([409, 'n1', null]);
    expect(new TextDecoder().decode(body)).toBe('POST /v1/a?b=c {"ä":1}');
  });

  it.each([301, 302, 303, 307, 308])('follows no redirect (%i)', async (status) => {
    const seen: string[] = [];
    answers = ({ url: path = '' }, response) => {
      seen.push(path);
      response.writeHead(status, { location: '/elsewhere' }).end();
    };

    await expect(send(`${url}/here`, asked)).rejects.toThrow();
    expect(seen).toEqual(['/here']);
  });

  it.each([
    ['before there is an answer', () => undefined],
    ['in the midst of one', (_, response) => response.writeHead(200, { 'content-length': '9' }).write('part')],
  ] satisfies [string, RequestListener][])('ends when the signal says so, %s', async (_, answer) => {
    const { signal, abort } = abortable();
    answers = (request, response) => {
      answer(request, response);
      setTimeout(abort, 50);
    };

    await expect(send(url, { ...asked, signal })).rejects.toThrow();
  });

  it('rejects when the answer is not whole, and when nobody is there', async () => {
    answers = (_, response) => {
      response.writeHead(200, { 'content-length': '9' }).write('part');
      setTimeout(() => response.destroy(), 50);
    };

    await expect(send(url, asked)).rejects.toThrow();
    await expect(send(await closedUrl(), asked)).rejects.toThrow();
  });
}

/** Where somebody was, and is no more. */
async function closedUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

function abortable(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
