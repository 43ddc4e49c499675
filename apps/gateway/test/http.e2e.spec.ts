import { connect } from 'node:net';
import { LIMITS } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { signDpopProof } from '@relais/security';
import { type Someone, someone } from './issuer.js';
import { startWorld, type World } from './world.js';

describe('the HTTP edge', () => {
  let world: World;
  let alice: Someone;

  beforeAll(async () => {
    world = await startWorld();
    alice = someone();
  });

  afterAll(() => world.close());

  interface Answer {
    status: number;
    headers: Headers;
    body: Record<string, unknown>;
  }

  async function call(
    method: string,
    path: string,
    {
      body,
      token,
      headers,
      as = alice,
    }: { as?: Someone; body?: string | Buffer<ArrayBuffer>; token?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const given = token ?? (await world.tokenFor(alice));
    const url = world.url + path;
    const answer = await fetch(url, {
      method,
      headers: {
        ...(given === 'none' ? {} : { authorization: `DPoP ${given}` }),
        dpop: signDpopProof(as.key, { method, url, accessToken: given }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: text ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
  }

  it('passes a request on in the caller’s name and answers what the contract says', async () => {
    const { status, headers, body } = await call('GET', '/v1/sessions');

    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(body).toMatchObject({ items: [{ id: alice.sessionId, deviceId: alice.deviceId }] });
    expect([headers.get('server'), headers.get('x-powered-by')]).toEqual([null, null]);
  });

  it('writes an entry with PUT and reads it back', async () => {
    const id = world.logs.create(alice.organizationId, [alice.userId]);
    const entryId = newId();

    const written = await call('PUT', `/v1/conversations/${id}/entries/${entryId}`, {
      body: JSON.stringify({ kind: 'message', body: { text: 'héllo' } }),
    });
    const read = await call('GET', `/v1/conversations/${id}/entries?after=1&limit=10`);

    expect(written).toMatchObject({ status: 200, body: { id: entryId, seq: 2, replayed: false } });
    expect(read.body).toMatchObject({ head: 2, entries: [{ id: entryId, body: { text: 'héllo' } }] });
  });

  it('answers errors as problems with a code and whether to retry', async () => {
    const { status, headers, body } = await call('GET', `/v1/conversations/${newId()}/entries`);

    expect(headers.get('content-type')).toBe('application/problem+json');
    expect([status, body]).toEqual([
      404,
      { type: 'about:blank', title: 'Not Found', status: 404, code: 'conversation_not_found', retryable: false },
    ]);
  });

  it.each([
    ['a request without a token', 'none', 'token_missing'],
    ['a forged token', 'a.b.c', 'token_invalid'],
  ])('refuses %s', async (_, token, code) => {
    const { status, body } = await call('GET', '/v1/me', { token });

    expect([status, body['code']]).toEqual([401, code]);
  });

  it('says when to come back when a service is not there', async () => {
    const { status, headers, body } = await call('GET', '/v1/bots');

    expect([status, body['code'], body['retryable']]).toEqual([503, 'bus_no_responders', true]);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });

  const ids = newId();
  it.each([
    ['an unknown route', 'GET', '/v1/nothing', undefined, 404, 'no_such_route'],
    ['an unknown method (A-11)', 'PUT', '/v1/me', undefined, 405, 'method_not_allowed'],
    ['an unknown query field', 'GET', '/v1/sessions?admin=true', undefined, 400, 'invalid_request'],
    [
      'a query field given twice (A-66)',
      'GET',
      `/v1/conversations/${ids}/entries?limit=1&limit=2`,
      undefined,
      400,
      'invalid_request',
    ],
    [
      'a page without end (A-16)',
      'GET',
      `/v1/conversations/${ids}/entries?limit=1000000000`,
      undefined,
      400,
      'invalid_request',
    ],
    ['an id that is none', 'GET', '/v1/conversations/1/entries', undefined, 400, 'invalid_request'],
    ['a path that cannot be decoded', 'GET', '/v1/conversations/%zz/entries', undefined, 400, 'invalid_request'],
    [
      'a field the caller does not set (A-65)',
      'PUT',
      `/v1/conversations/${ids}`,
      '{"kind":"group","memberIds":[],"organizationId":"x"}',
      400,
      'invalid_request',
    ],
    [
      'a path parameter in the body, too',
      'PUT',
      `/v1/conversations/${ids}`,
      `{"id":"${ids}","kind":"group","memberIds":[]}`,
      400,
      'invalid_request',
    ],
    ['a body and a query', 'PUT', `/v1/conversations/${ids}?kind=group`, '{"memberIds":[]}', 400, 'invalid_request'],
    ['broken JSON', 'POST', '/v1/sync', '{"heads":', 400, 'invalid_request'],
    ['JSON that is no object', 'POST', '/v1/sync', '[]', 400, 'invalid_request'],
    ['a prototype (A-04)', 'POST', '/v1/sync', '{"heads":[],"__proto__":{"admin":true}}', 400, 'invalid_request'],
    [
      'a constructor (A-04)',
      'POST',
      '/v1/sync',
      '{"heads":[],"constructor":{"prototype":{"admin":true}}}',
      400,
      'invalid_request',
    ],
    ['a body too large', 'POST', '/v1/sync', `{"heads":"${'x'.repeat(LIMITS.bodyBytes)}"}`, 413, 'too_large'],
  ])('refuses %s', async (_, method, path, body, status, code) => {
    const answer = await call(method, path, body === undefined ? {} : { body });

    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it.each([
    ['a field that is none', 'GET', '/v1/sessions?admin=true', undefined, 'Unrecognized key: "admin"'],
    ['a value out of bounds', 'GET', `/v1/conversations/${ids}/entries?limit=1000`, undefined, /^limit: .*<=500$/],
    ['a value of another form', 'POST', '/v1/sync', '{"heads":[["secret text",1]]}', /^heads\.0\.0: expected/],
    ['a body that is none', 'POST', '/v1/sync', '{"heads":', 'the body is not JSON'],
  ])('says what is wrong with %s, and never repeats the value', async (_, method, path, body, says) => {
    const answer = await call(method, path, body === undefined ? {} : { body });

    expect(answer.body['detail']).toEqual(typeof says === 'string' ? says : expect.stringMatching(says));
    expect(JSON.stringify(answer.body)).not.toContain('secret text');
  });

  it('names the methods a path knows', async () => {
    const { headers } = await call('PATCH', '/v1/sessions');

    expect(headers.get('allow')).toBe('POST, GET');
  });

  it('refuses a body that is not UTF-8, and one that is not JSON', async () => {
    const notUtf8 = await call('POST', '/v1/sync', { body: Buffer.from([0x22, 0xff, 0xfe, 0x22]) });
    const notJson = await call('POST', '/v1/sync', { body: 'heads=', headers: { 'content-type': 'text/plain' } });

    expect([notUtf8.status, notJson.status]).toEqual([400, 415]);
  });

  it('refuses a request whose length is ambiguous (A-13)', async () => {
    const raw = [
      'POST /v1/sync HTTP/1.1',
      'Host: x',
      'Content-Length: 4',
      'Transfer-Encoding: chunked',
      '',
      '0',
      '',
      'GET /v1/me HTTP/1.1',
      'Host: x',
      '',
      '',
    ].join('\r\n');

    const said = await new Promise<string>((resolve, reject) => {
      const socket = connect(world.port, '127.0.0.1', () => socket.write(raw));
      let all = '';
      socket
        .on('data', (data) => (all += data.toString()))
        .on('close', () => resolve(all))
        .on('error', reject);
    });

    expect(said).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(said.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(said).toContain('application/problem+json');
  });

  it('limits what one person may read, and says for how long', async () => {
    const bob = someone();
    const token = await world.tokenFor(bob);
    const answers = await Promise.all(
      Array.from({ length: 160 }, () => call('GET', '/v1/sessions', { token, as: bob })),
    );

    const refused = answers.filter(({ status }) => status === 429);

    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.body).toMatchObject({ code: 'rate_limited', retryable: true });
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await call('GET', '/v1/sessions')).status).toBe(200);
  });

  it('is ready, and shows its metrics on the internal port only', async () => {
    const [ready, metrics] = await Promise.all(
      ['readyz', 'metrics'].map((page) => fetch(`http://127.0.0.1:${world.internalPort}/${page}`)),
    );

    expect(ready?.status).toBe(200);
    expect(await metrics?.text()).toContain('relais_gateway_requests_total{operation="listSessions",status="2xx"}');
  });
});
