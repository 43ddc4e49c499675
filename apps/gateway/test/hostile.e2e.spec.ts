import { setTimeout as pause } from 'node:timers/promises';
import { generateKeyPairSync } from 'node:crypto';
import { request } from 'node:http';
import { CLOSE_CODES, LIMITS, SUBPROTOCOL } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { signAccessToken } from '@relais/security';
import { WebSocket } from 'ws';
import { someone } from './issuer.js';
import { startWorld, type World } from './world.js';

describe('a hostile client', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld({ ALLOWED_ORIGINS: 'https://chat.example.org', HEARTBEAT_MS: '60000' });
  });

  afterAll(() => world.close());

  const claims = () => {
    const iat = Math.floor(Date.now() / 1_000);
    const { userId: sub, organizationId: org, deviceId: dev, sessionId: sid } = someone();
    return {
      ...{ iss: 'relais' as const, aud: 'relais' as const, sub, org, dev, sid, epoch: 0 },
      ...{ roles: ['member' as const], amr: [], auth_time: iat, cnf: { jkt: '' }, iat, exp: iat + 300 },
    };
  };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

  const tokens: Record<string, () => string | Promise<string>> = {
    'signed by somebody else': () =>
      signAccessToken(claims(), {
        kid: world.trusted.issuer.signingKey.kid,
        privateKey: generateKeyPairSync('ed25519').privateKey,
      }),
    'of an unknown key': () =>
      signAccessToken(claims(), { kid: newId(), privateKey: generateKeyPairSync('ed25519').privateKey }),
    'without a signature': () => `${part({ alg: 'none', typ: 'at+jwt' })}.${part(claims())}.`,
    'that brings its own key': () =>
      `${part({ alg: 'EdDSA', typ: 'at+jwt', kid: 'x', jku: 'https://evil.example' })}.${part(claims())}.AAAA`,
    'that is none': () => 'not a token',
  };

  it.each(Object.keys(tokens))('is put out for a token %s (A-46)', async (name) => {
    const client = await world.open();

    client.send({ type: 'hello', token: await tokens[name]?.() });

    expect(await client.closed).toMatchObject({
      code: CLOSE_CODES.unauthenticated.code,
      reason: { code: 'unauthenticated' },
    });
  });

  it('is told to refresh an expired token (A-47)', async () => {
    const client = await world.open();
    const iat = Math.floor(Date.now() / 1_000) - 400;

    client.send({ type: 'hello', token: await world.trusted.issuer.tokenFor(someone(), { iat, exp: iat + 300 }) });

    expect((await client.closed).code).toBe(CLOSE_CODES.token_expired.code);
  });

  const badFrames: Record<string, unknown> = {
    'not JSON': '{"type":',
    'JSON of another kind': '42',
    'of an unknown type': { type: 'shutdown' },
    'with a field too many': { type: 'alive', admin: true },
    'with a prototype': '{"type":"alive","__proto__":{"admin":true}}',
    'with a constructor': '{"type":"alive","constructor":{"prototype":{"admin":true}}}',
    'nested without end': '['.repeat(60_000),
    'made of bytes': Buffer.from('{"type":"alive"}'),
    'saying hello again': { type: 'hello', token: 'x' },
  };

  it.each(Object.keys(badFrames))('is put out for a frame %s', async (name) => {
    const client = await world.join(someone());

    client.send(badFrames[name]);

    expect(await client.closed).toMatchObject({
      code: CLOSE_CODES.invalid_frame.code,
      reason: { code: 'invalid_frame' },
    });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it.each([
    ['with a field too many', { entry: { id: newId(), kind: 'message', body: { text: 'x' }, seq: 1 } }],
    ['in somebody else’s name', { senderId: newId(), entry: { id: newId(), kind: 'message', body: { text: 'x' } } }],
    [
      'with a text too long',
      { entry: { id: newId(), kind: 'message', body: { text: 'x'.repeat(LIMITS.messageTextBytes + 1) } } },
    ],
  ])('is refused an append %s, and may go on', async (_, more) => {
    const client = await world.join(someone());

    const answer = await client.ask({ type: 'append', conversationId: newId(), ...more });

    expect(answer).toMatchObject({ type: 'refusal', error: { code: 'invalid_request', retryable: false } });
    expect(client.closing).toBeUndefined();
  });

  it('is put out for a frame over the limit', async () => {
    const client = await world.join(someone());

    client.send(JSON.stringify({ type: 'alive', filler: 'x'.repeat(LIMITS.frameBytes) }));

    expect(await client.closed).toMatchObject({ code: CLOSE_CODES.too_large.code, reason: { code: 'too_large' } });
  });

  it('is put out for speaking before hello', async () => {
    const client = await world.open();

    client.send({ type: 'alive' });

    expect((await client.closed).code).toBe(CLOSE_CODES.invalid_frame.code);
  });

  it('is put out for flooding', async () => {
    const client = await world.join(someone());

    for (let i = 0; i < 4_000; i++) client.send({ type: 'typing', conversationId: newId() });

    expect((await client.closed).code).toBe(CLOSE_CODES.rate_limited.code);
  });

  it('has its oldest socket replaced when one device opens too many', async () => {
    const person = someone();
    const [first] = [
      await world.join(person),
      await world.join(person),
      await world.join(person),
      await world.join(person),
    ];

    await world.join(person);

    expect((await first.closed).code).toBe(CLOSE_CODES.replaced.code);
  });

  const refusal = (path: string, options: object = {}, protocols: string | string[] = SUBPROTOCOL) =>
    new Promise<{ status: number | undefined; type: string | undefined }>((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${world.port}${path}`, protocols, options);
      socket.on('unexpected-response', (asked, { statusCode, headers }) => {
        asked.destroy();
        resolve({ status: statusCode, type: headers['content-type'] });
      });
      socket.on('open', () => reject(new Error('was let in')));
      socket.on('error', () => undefined);
    });

  it.each([
    ['from a foreign page (A-14)', '/v1/realtime', { origin: 'https://evil.example' }, 403],
    ['with a token in the URL (A-15)', '/v1/realtime?token=abc', {}, 400],
    ['anywhere else', '/v1/other', {}, 404],
  ])('gets no socket %s', async (_, path, options, status) => {
    expect(await refusal(path, options)).toEqual({ status, type: 'application/problem+json' });
  });

  it('gets no socket without the subprotocol', async () => {
    expect(await refusal('/v1/realtime', {}, 'graphql-ws')).toMatchObject({ status: 400 });
  });

  it('is not helped by a browser on a foreign page, and an allowed page is', async () => {
    const allowed = async (origin: string) => {
      const preflight = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' };
      const answer = await fetch(`${world.url}/v1/me`, { method: 'OPTIONS', headers: { origin, ...preflight } });
      return [
        answer.headers.get('access-control-allow-origin'),
        answer.headers.get('access-control-allow-credentials'),
      ];
    };

    expect(await allowed('https://chat.example.org')).toEqual(['https://chat.example.org', null]);
    expect(await allowed('https://evil.example')).toEqual([null, null]);
  });

  it('does get one from an allowed page', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${world.port}/v1/realtime`, SUBPROTOCOL, {
      origin: 'https://chat.example.org',
    });
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    socket.terminate();
  });

  it('reaches no metrics and no description on the public port (A-58)', async () => {
    for (const path of ['/metrics', '/openapi.json', '/docs', '/readyz', '/livez']) {
      const answer = await fetch(world.url + path);
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
        path,
        404,
        'application/problem+json',
      ]);
    }
  });

  it('costs the others nothing when it never reads, and is told to resync', async () => {
    const slow = someone();
    const mate = someone({ organizationId: slow.organizationId });
    const group = world.logs.create(slow.organizationId, [slow.userId, mate.userId]);
    const [stuck, reader] = [await world.join(slow), await world.join(mate)];
    stuck.socket.pause();

    const text = 'x'.repeat(16_000);
    let last = 0;
    for (let i = 0; i < 600; i++) {
      last = world.logs.say(group, mate.userId, text).seq;
      if (i % 20 === 0) await pause(5);
    }
    await reader.heard(last);
    stuck.socket.resume();

    expect(await stuck.closed).toMatchObject({ code: CLOSE_CODES.resync.code, reason: { code: 'resync' } });
    expect(reader.seqs(group)).toEqual(Array.from({ length: 600 }, (_, i) => i + 2));
    const { length } = stuck.seqs(group);
    expect(stuck.seqs(group)).toEqual(Array.from({ length }, (_, i) => i + 2));
  }, 20_000);

  it('cannot choose its address: X-Forwarded-For of strangers is not believed (A-10)', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 40 }, (_, i) => login({ 'x-forwarded-for': `192.0.2.${i}`, 'x-user-id': newId() })),
    );

    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(5);
  });

  const login = (headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const asked = request(`${world.url}/v1/sessions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
      });
      asked.on('response', (answer) => resolve(answer.resume().statusCode)).on('error', reject);
      const device = {
        id: newId(),
        name: 'x',
        platform: 'web',
        publicKey: { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) },
      };
      asked.end(JSON.stringify({ organization: 'acme', email: `${newId()}@example.org`, password: 'x', device }));
    });
});
