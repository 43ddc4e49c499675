import { setTimeout } from 'node:timers/promises';
import { CLOSE_CODES, ROUTES } from '@relais/contracts';
import { type ConversationId, newId } from '@relais/kernel';
import { DeviceKey, RelaisSession } from '@relais/sdk';
import { redisKeys } from './at-rest.js';
import { credentials, helloOf } from './credentials.js';
import { newDevice } from './organization.js';
import type { Person } from './person.js';
import { RawClient } from './raw-client.js';
import { System } from './system.js';

const START_DEADLINE_MS = 120_000;
const TOKEN_SECONDS = 30;
/** Clocks may differ by this much: until then an expired token is still good. */
const LEEWAY_SECONDS = 5;

describe('a cluster with its usual limits', () => {
  let system: System;
  let person: Person;
  let stale: { session: RelaisSession; socket: RawClient; sinceMs: number };

  beforeAll(async () => {
    system = await System.start({
      name: `limits-${process.pid}`,
      replicas: 1,
      env: {
        ...{ ACCESS_TOKEN_SECONDS: String(TOKEN_SECONDS), DRAIN_DELAY_MS: '0', DRAIN_MS: '500' },
        // So that a test can say which address somebody comes from.
        TRUSTED_PROXIES: '127.0.0.1',
      },
    });
    person = await system.rival.join();
    const { api, key, tokens } = system.rival.owner.session;
    // A copy that nobody refreshes any more.
    const session = RelaisSession.resume(api, tokens, key);
    session.close();
    const gateway = system.gateways[0] as string;
    const sinceMs = performance.now();
    const socket = await RawClient.open(gateway);
    socket.send(helloOf(session, gateway));
    await socket.until(({ type }) => type === 'ready');
    stale = { session, sinceMs, socket };
  }, START_DEADLINE_MS);

  afterAll(async () => {
    await stale?.socket.close();
    await system?.close();
  }, START_DEADLINE_MS);

  /** In the name of a session, if one is given; without Redis a gateway asks for a nonce in the proof. */
  async function ask(
    path: string,
    init: RequestInit,
    session?: RelaisSession,
  ): Promise<{ status: number; retryAfter: number; code?: string }> {
    const url = `${system.gateways[0]}${path}`;
    const send = (nonce?: string) => {
      const shown = session ? credentials(session, init.method ?? 'GET', url, nonce) : {};
      return fetch(url, { ...init, headers: { ...(init.headers as object), ...shown } });
    };
    const first = await send();
    const nonce = first.headers.get('dpop-nonce');
    const answer = nonce === null ? first : await send(nonce);
    const body = (await answer.json().catch(() => ({}))) as { code?: string; retryable?: boolean };
    if (answer.status === 429) expect(body).toMatchObject({ code: 'rate_limited', retryable: true });
    const retryAfter = Number(answer.headers.get('retry-after') ?? 0);
    return { status: answer.status, retryAfter, ...(body.code ? { code: body.code } : {}) };
  }

  const read = ({ session }: Person) => ask('/v1/me', {}, session);
  const aDevice = () => ({ ...newDevice(), publicKey: DeviceKey.generate().publicKey });
  const login = (email: string, address: string, password = 'not the password', device = aDevice()) => {
    const body = JSON.stringify({ organization: 'acme', email, password, device });
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': address };
    return ask('/v1/sessions', { method: 'POST', headers, body });
  };
  const times = <Answer>(count: number, one: (index: number) => Promise<Answer>) =>
    Promise.all(Array.from({ length: count }, (_, index) => one(index)));

  /** Some pass, the others are told when to come back. */
  function areLimited(answers: { status: number; retryAfter: number }[], mostPassed: number): void {
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.length - refused.length).toBeGreaterThan(0);
    expect(answers.length - refused.length).toBeLessThanOrEqual(mostPassed);
    for (const { retryAfter } of refused) expect(retryAfter).toBeGreaterThanOrEqual(1);
  }

  it('who asks too often is told when to come back, and others are not hindered', async () => {
    const [greedy, modest] = (await system.acme.people(2)) as [Person, Person];

    areLimited(await times(300, () => read(greedy)), 250);

    expect((await read(modest)).status).toBe(200);
  }, 20_000);

  it('who writes too often is told when to come back', async () => {
    const { owner } = system.acme;
    const id = await owner.start('group', []);
    const init = {
      ...{ method: 'PUT', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ kind: 'message', body: { text: 'again' } }),
    };
    const put = () => ask(`/v1/conversations/${id}/entries/${newId()}`, init, owner.session);

    areLimited(await times(250, put), 200);
  });

  it('one socket that writes too often is refused, and one that floods is closed', async () => {
    const writer = await system.acme.join();
    const socket = await writer.open(0);
    const frame = (n: number) => ({
      ...{ type: 'append', n, conversationId: newId<ConversationId>() },
      entry: { id: newId(), kind: 'message', body: { text: 'x' } },
    });

    for (let n = 0; n < 200; n++) socket.send(frame(n));
    await socket.until((said) => said.type === 'refusal' && said.error.code === 'rate_limited');
    for (let n = 200; n < 6_000; n++) socket.send(frame(n));

    expect(await socket.closed).toMatchObject({
      code: CLOSE_CODES.rate_limited.code,
      reason: { code: 'rate_limited' },
    });
  }, 20_000);

  it('whoever guesses passwords is told when to come back', async () => {
    areLimited(await times(40, (index) => login(`nobody${index}@acme.example`, '192.0.2.1')), 35);

    const keys = await redisKeys(system.cluster.servers.redisUrl);
    expect(keys).toContain('login');
    expect(keys).not.toMatch(/nobody|acme\.example/);
  }, 30_000);

  it('whom strangers try to guess still signs in at once on a device of theirs (P-15, A-20)', async () => {
    const { account, session } = await system.acme.join();
    const known = { ...newDevice('phone', session.tokens.deviceId), publicKey: session.key.publicKey };
    const guess = () => login(account.email, '192.0.2.2');

    // As often as the address may, and on, so that whatever has come back is taken again.
    areLimited(await times(40, guess), 35);
    for (let again = 0; again < 50; again++) await Promise.all([guess(), setTimeout(100)]);

    expect((await guess()).status).toBe(429);
    expect((await login(account.email, '192.0.2.3', account.password, known)).status).toBe(201);
  }, 60_000);

  it('an access token that ran out is refused over HTTP, and its socket is told to come back with a new one (A-47)', async () => {
    const endsAtMs = stale.sinceMs + (TOKEN_SECONDS + LEEWAY_SECONDS + 1) * 1_000;
    await setTimeout(Math.max(0, endsAtMs - performance.now()));
    const gateway = system.gateways[0] as string;

    expect(await ask('/v1/me', {}, stale.session)).toMatchObject({
      status: 401,
      code: 'token_expired',
    });
    const { code } = CLOSE_CODES.token_expired;
    expect(await stale.socket.closed).toMatchObject({ code, reason: { code: 'token_expired' } });
    const late = await RawClient.open(gateway);
    late.send(helloOf(stale.session, gateway));
    expect(await late.closed).toMatchObject({ code });
    expect((await system.rival.owner.call(ROUTES.me, {})).organizationHandle).toBe('rival');
  }, 60_000);

  it('without Redis everyone is still limited, and still served', async () => {
    await system.cluster.kill('redis');

    areLimited(await times(300, () => read(person)), 250);
    expect((await read(system.rival.owner)).status).toBe(200);
    areLimited(await times(40, (index) => login(`someone${index}@acme.example`, '192.0.2.4')), 39);
  }, 60_000);
});
