import { hash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { CLOSE_CODES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { signDpopProof } from '@relais/security';
import { silentLog } from '@relais/observability';
import { testRedis } from '@relais/testing';
import { createUser } from '@nats-io/nkeys';
import { helloOf, Issuer, newKey, type Someone, someone } from './issuer.js';
import { startWorld, type World } from './world.js';

interface Shown {
  scheme?: string;
  proof?: string | undefined;
  method?: string;
  path?: string;
  body?: string;
}

/** Asks a gateway with a token, and with a proof if there is one. */
async function ask(
  world: World,
  token: string,
  { scheme = 'DPoP', proof, method = 'GET', path = '/v1/sessions', body }: Shown,
) {
  const headers = {
    authorization: `${scheme} ${token}`,
    ...(proof === undefined ? {} : { dpop: proof }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const answer = await fetch(world.url + path, { method, headers, ...(body === undefined ? {} : { body }) });
  const { code = 'ok' } = (await answer.json()) as { code?: string };
  const { status } = answer;
  return { status, code, challenge: answer.headers.get('www-authenticate'), nonce: answer.headers.get('dpop-nonce') };
}

const nowSeconds = () => Math.floor(Date.now() / 1_000);

describe('who has a token', () => {
  let world: World;
  let alice: Someone;
  let token: string;

  beforeAll(async () => {
    world = await startWorld();
  });

  beforeEach(async () => {
    alice = someone();
    token = await world.tokenFor(alice);
  });

  afterAll(() => world.close());

  const proofOf = (claims: Parameters<typeof signDpopProof>[2] = {}, { key } = alice) =>
    signDpopProof(key, { method: 'GET', url: `${world.url}/v1/sessions`, accessToken: token }, claims);

  it('is let in with a proof of the key it is bound to, once', async () => {
    const proof = proofOf();

    expect(await ask(world, token, { proof })).toMatchObject({ status: 200 });
    expect(await ask(world, token, { proof })).toMatchObject({ status: 401, code: 'invalid_dpop_proof' });
    expect(await ask(world, token, { proof: proofOf() })).toMatchObject({ status: 200 });
  });

  it.each<[string, () => Shown, string]>([
    ['without a proof', () => ({}), 'proof_missing'],
    ['as a bearer token', () => ({ scheme: 'Bearer' }), 'proof_missing'],
    ['as a bearer token, with a good proof', () => ({ scheme: 'Bearer', proof: proofOf() }), 'proof_missing'],
    ['with a proof of another key', () => ({ proof: proofOf({}, someone()) }), 'invalid_dpop_proof'],
    ['with a proof for another method', () => ({ proof: proofOf({ htm: 'DELETE' }) }), 'invalid_dpop_proof'],
    ['with a proof for another path', () => ({ proof: proofOf({ htu: `${world.url}/v1/me` }) }), 'invalid_dpop_proof'],
    [
      'with a proof for another host',
      () => ({ proof: proofOf({ htu: 'https://x.example/v1/sessions' }) }),
      'invalid_dpop_proof',
    ],
    [
      'with a proof for another token',
      () => ({ proof: proofOf({ ath: hash('sha256', 'other', 'base64url') }) }),
      'invalid_dpop_proof',
    ],
    ['with two proofs', () => ({ proof: `${proofOf()}, ${proofOf()}` }), 'invalid_dpop_proof'],
    ['with an old proof', () => ({ proof: proofOf({ iat: nowSeconds() - 60 }) }), 'use_dpop_nonce'],
    ['with a nonce of its own', () => ({ proof: proofOf({ nonce: 'mine' }) }), 'use_dpop_nonce'],
  ])('is not let in %s (A-48)', async (_, shown, code) => {
    const refused = await ask(world, token, shown());

    expect(refused).toMatchObject({ status: 401, code });
    const error = code === 'use_dpop_nonce' ? code : 'invalid_dpop_proof';
    expect(refused.challenge).toBe(`DPoP error="${error}", algs="EdDSA"`);
    expect(refused.nonce === null).toBe(code !== 'use_dpop_nonce');
  });

  it('is told a nonce when its clock is wrong, and let in with it, whatever its clock says', async () => {
    const iat = nowSeconds() + 86_400;
    const { nonce } = await ask(world, token, { proof: proofOf({ iat }) });

    const proof = proofOf({ iat, nonce: nonce ?? '' });

    expect(await ask(world, token, { proof })).toMatchObject({ status: 200 });
    expect(await ask(world, token, { proof })).toMatchObject({ code: 'invalid_dpop_proof' });
  });

  it('is put out of a socket without its key (A-48)', async () => {
    const good = helloOf(alice, world.port, token);
    const thief = helloOf({ ...alice, key: newKey() }, world.port, token);
    const forHttp = { ...good, proof: proofOf() };
    const used = helloOf(alice, world.port, token);
    const first = await world.open();
    first.send(used);
    await first.until(({ type }) => type === 'ready');

    for (const hello of [{ type: 'hello', token }, thief, forHttp, used]) {
      const client = await world.open();
      client.send(hello);
      expect(await client.closed).toMatchObject({ code: CLOSE_CODES.unauthenticated.code });
    }
  });

  it('is told a nonce over its socket when its clock is wrong, once', async () => {
    const iat = nowSeconds() - 3_600;
    const client = await world.open();
    client.send(helloOf(alice, world.port, token, { iat }));
    const { nonce } = (await client.until(({ type }) => type === 'nonce')) as { nonce: string };

    client.send(helloOf(alice, world.port, token, { iat, nonce }));
    await client.until(({ type }) => type === 'ready');

    const stubborn = await world.open();
    stubborn.send(helloOf(alice, world.port, token, { iat }));
    await stubborn.until(({ type }) => type === 'nonce');
    stubborn.send(helloOf(alice, world.port, token, { iat }));
    expect(await stubborn.closed).toMatchObject({ code: CLOSE_CODES.unauthenticated.code });
  });
});

describe('a proof on several replicas', () => {
  const worlds: World[] = [];
  const issuer = new Issuer();
  const both = {
    ...{ EXPECTED_REPLICAS: '2', PUBLIC_URL: 'https://chat.example.org' },
    NATS_NKEY_SEED: new TextDecoder().decode(createUser().getSeed()),
  };
  const start = async (variables: Record<string, string>) => {
    const world = await startWorld({ ...both, ...variables }, silentLog, issuer);
    worlds.push(world);
    return world;
  };
  const [method, path] = ['GET', '/v1/sessions'];
  const shown = (
    key: Someone['key'],
    accessToken: string,
    more: { nonce?: string; path?: string; method?: string } = {},
  ) => {
    const asked = { method, path, ...more };
    const url = `https://chat.example.org${asked.path}`;
    const claims = more.nonce === undefined ? {} : { nonce: more.nonce };
    return { ...asked, proof: signDpopProof(key, { method: asked.method, url, accessToken }, claims) };
  };

  afterEach(() => Promise.all(worlds.splice(0).map((world) => world.close())));

  it('is used up on all of them by its use on one (A-48)', async () => {
    const REDIS_URL = testRedis();
    const [one, other] = [await start({ REDIS_URL }), await start({ REDIS_URL, REPLICA: 'gateway-other' })];
    const alice = someone();
    const token = await one.tokenFor(alice);
    const isShared = async (world: World) => (await ask(world, token, shown(alice.key, token))).status === 200;
    for (const world of [one, other]) while (!(await isShared(world))) await pause(100);
    const asked = shown(alice.key, token);

    expect(await ask(one, token, asked)).toMatchObject({ status: 200 });
    expect(await ask(other, token, asked)).toMatchObject({ status: 401, code: 'invalid_dpop_proof' });
  });

  it('needs a nonce while Redis is lost, and where people are administered one of this replica (R-I1)', async () => {
    const world = await start({ REDIS_URL: 'redis://127.0.0.1:1' });
    const alice = someone();
    const token = await world.tokenFor(alice);

    const bare = await ask(world, token, shown(alice.key, token));
    expect(bare).toMatchObject({ status: 401, code: 'use_dpop_nonce' });
    const nonce = bare.nonce ?? '';
    const again = shown(alice.key, token, { nonce });
    expect(await ask(world, token, again)).toMatchObject({ status: 200 });
    expect(await ask(world, token, again)).toMatchObject({ code: 'invalid_dpop_proof' });

    const id = world.logs.create(alice.organizationId, [alice.userId]);
    const entry = { method: 'PUT', path: `/v1/conversations/${id}/entries/${newId()}` };
    const body = JSON.stringify({ kind: 'message', body: { text: 'no message waits for Redis' } });
    expect(await ask(world, token, { ...shown(alice.key, token, entry), body })).toMatchObject({ status: 200 });
  });

  it('believes a nonce of another replica while Redis is lost, but not for what changes who may do what (R-I1)', async () => {
    const REDIS_URL = 'redis://127.0.0.1:1';
    const one = await start({ REDIS_URL });
    const other = await start({ REDIS_URL, REPLICA: 'gateway-other' });
    const alice = someone();
    const token = await one.tokenFor(alice);
    const { nonce } = await ask(one, token, shown(alice.key, token));
    const logout = { method: 'DELETE', path: '/v1/sessions/current', nonce: nonce ?? '' };

    expect(await ask(other, token, shown(alice.key, token, { nonce: nonce ?? '' }))).toMatchObject({ status: 200 });
    const refused = await ask(other, token, shown(alice.key, token, logout));
    expect(refused).toMatchObject({ status: 401, code: 'use_dpop_nonce' });
    const again = await ask(other, token, shown(alice.key, token, { ...logout, nonce: refused.nonce ?? '' }));
    // Nobody serves it here: it was let through.
    expect(again).toMatchObject({ status: 503, code: 'bus_no_responders' });
  });
});
