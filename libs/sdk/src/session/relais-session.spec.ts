import { ROUTES, type Tokens } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { createHash } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiError } from '../api-error.js';
import { RelaisApi } from '../http/relais-api.js';
import { eventually } from '../testing/eventually.js';
import { DeviceKey } from './device-key.js';
import { RelaisSession } from './relais-session.js';

const key = DeviceKey.generate();
const ids = { sessionId: newId(), userId: newId(), deviceId: newId(), organizationId: newId() };
const tokensFor = (number: number, lifeMs = 300_000): Tokens =>
  ({
    ...ids,
    accessToken: `access ${number}`,
    refreshToken: `refresh ${number}`,
    accessTokenExpiresAt: new Date(Date.now() + lifeMs).toISOString(),
    roles: ['member'],
  }) as Tokens;

interface Asked {
  path: string;
  token: string | undefined;
  proof: string | undefined;
  body: Record<string, string>;
}
type Given = { status: number; body: unknown; nonce?: string } | 'hang_up';
type Answer = Given | Promise<Given>;

let server: Server;
let asked: Asked[];
let answer: (request: Asked) => Answer;
let session: RelaisSession | undefined;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => void respond(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  session?.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const asks = { path: request.url ?? '', token: request.headers.authorization };
  const proof = request.headers['dpop'] as string | undefined;
  const whole = { ...asks, proof, body: text ? JSON.parse(text) : {} };
  asked.push(whole);
  const given = await answer(whole);
  if (given === 'hang_up') return void request.socket.destroy();
  const nonce = given.nonce === undefined ? {} : { 'dpop-nonce': given.nonce };
  response.writeHead(given.status, { 'content-type': 'application/json', ...nonce }).end(JSON.stringify(given.body));
}

const backoff = { baseMs: 5, capMs: 10, random: () => 0.5 };
const api = () => new RelaisApi({ gateways: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`], backoff });
const resume = (tokens: Tokens) => (session = RelaisSession.resume(api(), tokens, key, { backoff }));
const problem = (status: number, code: string): Given => ({
  status,
  body: { status, code, retryable: status >= 500 },
});

const claimsOf = (proof: string) =>
  JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

describe('a session', () => {
  it('begins with a login that shows the public half of the device key', async () => {
    answer = () => ({ status: 201, body: tokensFor(1) });
    const device = { id: ids.deviceId, name: 'laptop', platform: 'desktop' as const };

    session = await RelaisSession.login(
      api(),
      { organization: 'acme', email: 'alice@example.org', password: 'correct horse battery' },
      device as never,
      key,
    );

    expect(await session.accessToken()).toBe('access 1');
    expect(asked[0]).toMatchObject({ path: '/v1/sessions', body: { device: { ...device, publicKey: key.publicKey } } });
  });

  it('refreshes an expired token once for all who ask', async () => {
    answer = () => ({ status: 200, body: tokensFor(2) });
    const told: string[] = [];
    const current = resume(tokensFor(1, -1));
    current.onToken((token) => told.push(token));

    const tokens = await Promise.all([current.accessToken(), current.accessToken(), current.accessToken()]);

    expect(new Set(tokens)).toEqual(new Set(['access 2']));
    expect(asked.map(({ path }) => path)).toEqual(['/v1/sessions/refresh']);
    expect(told).toEqual(['access 2']);
  });

  it('repeats a refresh whose answer was lost with the same token and the same proof', async () => {
    answer = () => (asked.length < 3 ? 'hang_up' : { status: 200, body: tokensFor(2) });

    await resume(tokensFor(1)).refresh();

    expect(asked).toHaveLength(3);
    expect(new Set(asked.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(asked[0]?.body['refreshToken']).toBe('refresh 1');
  });

  it('refreshes by itself before the token runs out', async () => {
    answer = () => ({ status: 200, body: tokensFor(2) });

    const current = resume(tokensFor(1, 1_250));

    await eventually(() => current.tokens.accessToken === 'access 2');
  });

  it('is over when the refresh is refused', async () => {
    answer = () => problem(401, 'refresh_failed');
    const current = resume(tokensFor(1));
    const ended: string[] = [];
    current.on('ended', ({ code }) => ended.push(code));

    await expect(current.refresh()).rejects.toMatchObject({ code: 'refresh_failed' });

    await expect(current.accessToken()).rejects.toBeInstanceOf(ApiError);
    expect(ended).toEqual(['refresh_failed']);
    expect(asked).toHaveLength(1);
  });

  it('repeats a call with a fresh token when the gateway found the old one expired', async () => {
    answer = ({ path, token }) => {
      if (path === '/v1/sessions/refresh') return { status: 200, body: tokensFor(2) };
      return token === 'DPoP access 2' ? { status: 200, body: { items: [] } } : problem(401, 'token_expired');
    };

    await expect(resume(tokensFor(1)).call(ROUTES.listDevices, {})).resolves.toEqual({ items: [] });
  });

  describe('that is replaced because the person has shown once more who they are', () => {
    const input = { loginToken: 'login', shown: { kind: 'password' as const, password: 'correct horse battery' } };
    let release: () => void;
    let stepUp: Promise<Given>;
    /** The server has put the old session out and has not answered yet. */
    const replaced = new Map<string, Given>();
    const usual: typeof answer = ({ path, token, body }) => {
      if (path === '/v1/sessions/finish') return stepUp;
      if (path === '/v1/sessions/refresh')
        return body['refreshToken'] === 'refresh 2'
          ? { status: 200, body: tokensFor(3) }
          : problem(401, 'refresh_failed');
      return replaced.get(token ?? '') ?? problem(401, 'token_revoked');
    };
    const isAsked = (path: string) => eventually(() => asked.some((one) => one.path === path));

    beforeEach(() => {
      const { promise, resolve } = Promise.withResolvers<Given>();
      stepUp = promise;
      release = () => resolve({ status: 200, body: tokensFor(2) });
      replaced.clear();
      for (const number of [2, 3]) replaced.set(`DPoP access ${number}`, { status: 200, body: { items: [] } });
      answer = usual;
    });

    it('refreshes with what came in its place, when both fall together', async () => {
      const current = resume(tokensFor(1));
      const stepped = current.stepUp(input);
      await isAsked('/v1/sessions/finish');

      const refreshed = current.refresh();
      release();

      expect([(await stepped).accessToken, (await refreshed).accessToken]).toEqual(['access 2', 'access 3']);
      expect(current.tokens.accessToken).toBe('access 3');
    });

    it('repeats a call that met its end, and knows what took the place of its token', async () => {
      const current = resume(tokensFor(1));
      const stepped = current.stepUp(input);
      await isAsked('/v1/sessions/finish');

      const called = current.call(ROUTES.listDevices, {});
      const successor = current.successor('access 1');
      await isAsked('/v1/devices');
      release();
      await stepped;

      await expect(called).resolves.toEqual({ items: [] });
      expect([await successor, await current.successor('access 2')]).toEqual(['access 2', null]);
    });

    it('goes on as it was when that fails', async () => {
      stepUp = Promise.resolve(problem(401, 'login_failed'));
      replaced.set('DPoP access 1', { status: 200, body: { items: [] } });
      const current = resume(tokensFor(1));

      await expect(current.stepUp(input)).rejects.toMatchObject({ code: 'login_failed' });

      await expect(current.call(ROUTES.listDevices, {})).resolves.toEqual({ items: [] });
    });
  });

  it('proves with each call that it has the key, each time anew', async () => {
    answer = () => ({ status: 200, body: { items: [] } });
    const current = resume(tokensFor(1));

    for (const _ of [1, 2]) await current.call(ROUTES.listUsers, { limit: 5 });

    const [first, second] = asked.map(({ proof = '' }) => claimsOf(proof));
    const ath = createHash('sha256').update('access 1').digest('base64url');
    expect(first).toMatchObject({ htm: 'GET', htu: `${api().gateways[0]}/v1/users`, ath });
    expect(first?.['jti']).not.toBe(second?.['jti']);
  });

  it('repeats a call with the nonce it is asked for, and keeps it for the next (a clock that is wrong)', async () => {
    answer = ({ proof = '' }) =>
      claimsOf(proof)['nonce'] === 'n1'
        ? { status: 200, body: { items: [] } }
        : ({ ...(problem(401, 'use_dpop_nonce') as object), nonce: 'n1' } as Answer);
    const current = resume(tokensFor(1));

    for (const _ of [1, 2]) await expect(current.call(ROUTES.listDevices, {})).resolves.toEqual({ items: [] });

    expect(asked.map(({ proof = '' }) => claimsOf(proof)['nonce'])).toEqual([undefined, 'n1', 'n1']);
  });

  it('asks no third time when its nonce is refused again', async () => {
    answer = () => ({ ...(problem(401, 'use_dpop_nonce') as object), nonce: 'n1' }) as Answer;

    await expect(resume(tokensFor(1)).call(ROUTES.listDevices, {})).rejects.toMatchObject({ code: 'use_dpop_nonce' });
    expect(asked).toHaveLength(2);
  });

  it('does not refresh after it was closed', async () => {
    const current = resume(tokensFor(1));

    current.close();

    await expect(current.accessToken()).rejects.toMatchObject({ code: 'session_ended' });
    expect(asked).toEqual([]);
  });
});

describe('calling the API', () => {
  it('repeats a read or an idempotent write when asked to', async () => {
    answer = () => (asked.length < 3 ? problem(503, 'overloaded') : { status: 200, body: { items: [] } });

    await expect(api().call(ROUTES.listPools, {}, { token: 't', retry: true })).resolves.toEqual({ items: [] });
    expect(asked).toHaveLength(3);
  });

  it('goes on to the next gateway when one is away', async () => {
    answer = () => ({ status: 200, body: { items: [] } });
    const gateways = ['http://127.0.0.1:1', ...api().gateways];

    const call = new RelaisApi({ gateways, backoff }).call(ROUTES.listPools, {}, { retry: true });

    await expect(call).resolves.toEqual({ items: [] });
  });

  it('is given up with the reason of who gave it up', async () => {
    server.removeAllListeners('request');
    const reason = new Error('no longer wanted');
    const giveUp = new AbortController();

    const call = api().call(ROUTES.listPools, {}, { signal: giveUp.signal });
    giveUp.abort(reason);

    await expect(call).rejects.toBe(reason);
  });

  it('sends everything else once', async () => {
    answer = () => problem(503, 'overloaded');

    const sync = api().call(ROUTES.sync, { heads: [] }, { token: 't', retry: true });

    await expect(sync).rejects.toMatchObject({ code: 'overloaded', status: 503, retryable: true });
    expect(asked).toHaveLength(1);
  });

  it('refuses an answer that is not what the contract says', async () => {
    answer = () => ({ status: 200, body: { items: 'none' } });

    await expect(api().call(ROUTES.listPools, {})).rejects.toMatchObject({ code: 'invalid_answer', retryable: false });
  });

  it('does not wait forever', async () => {
    server.removeAllListeners('request');

    const call = api().call(ROUTES.listPools, {}, { timeoutMs: 30 });

    await expect(call).rejects.toMatchObject({ code: 'request_timeout', kind: 'timeout' });
  });
});
