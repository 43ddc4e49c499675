import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { AccessClaims } from '@relais/contracts';
import { type Clock, type DeviceId, newId, type OrganizationId, type SessionId, type UserId } from '@relais/kernel';
import fc from 'fast-check';
import { JwtTokenVerifier, type PublicJwk, signAccessToken, TrustStore } from './index.js';

const noon = Date.parse('2026-11-23T12:00:00Z');

class HeldClock implements Clock {
  nowMs = noon;
  now(): Date {
    return new Date(this.nowMs);
  }
}

function newKey(kid: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  const jwk: PublicJwk = { kty: 'OKP', crv: 'Ed25519', x: String(x), kid, alg: 'EdDSA', use: 'sig' };
  return { kid, privateKey, jwk };
}

function setup(options: { cachedTokens?: number } = {}) {
  const clock = new HeldClock();
  const key = newKey('k1');
  const trust = new TrustStore(clock);
  trust.applyKeys([key.jwk]);
  return { clock, key, trust, verifier: new JwtTokenVerifier(trust, { clock, ...options }) };
}

const claims = (overrides: Partial<AccessClaims> = {}): AccessClaims => ({
  iss: 'relais',
  aud: 'relais',
  sub: newId<UserId>(),
  org: newId<OrganizationId>(),
  dev: newId<DeviceId>(),
  sid: newId<SessionId>(),
  roles: ['member'],
  amr: ['pwd'],
  auth_time: noon / 1_000 - 60,
  epoch: 5,
  cnf: { jkt: 'thumb' },
  iat: noon / 1_000,
  exp: noon / 1_000 + 300,
  ...overrides,
});

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const good = { alg: 'EdDSA', typ: 'at+jwt', kid: 'k1' };

/** A token with any header at all, signed for real. */
function forge(header: object, payload: object, key: KeyObject): string {
  const text = `${encode(header)}.${encode(payload)}`;
  return `${text}.${sign(null, Buffer.from(text), key).toString('base64url')}`;
}

const outcome = async (verifier: JwtTokenVerifier, token: string): Promise<string> => {
  try {
    await verifier.verify(token);
    return 'ok';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('verifying an access token', () => {
  it('gives the person the token speaks for', async () => {
    const { key, verifier } = setup();
    const spoken = claims();
    const token = await signAccessToken(spoken, key);

    const principal = await verifier.verify(token);

    expect(principal).toEqual({
      userId: spoken.sub,
      organizationId: spoken.org,
      deviceId: spoken.dev,
      sessionId: spoken.sid,
      roles: ['member'],
      amr: ['pwd'],
      authenticatedAtMs: noon - 60_000,
      isLimited: false,
      keyThumbprint: 'thumb',
      epoch: 5,
      expiresAtMs: noon + 300_000,
      token,
    });
  });

  it('refuses a token that is good for enrolling a factor only, unless that is what is asked (A-25)', async () => {
    const { key, verifier } = setup();
    const token = await signAccessToken(claims({ lim: 'factors' }), key);

    for (const round of ['anew', 'remembered']) {
      expect([round, await outcome(verifier, token)]).toEqual([round, 'factor_enrolment_required']);
      expect(await verifier.verify(token, { limited: true })).toMatchObject({ isLimited: true });
    }
  });

  it('lets a bot in only where one of its scopes is asked for, and a person anywhere (A-44)', async () => {
    const { key, verifier } = setup();
    const bot = await signAccessToken(claims({ scope: 'messages:read of-a-newer-release' }), key);
    const bare = await signAccessToken(claims({ scope: '' }), key);
    const person = await signAccessToken(claims(), key);

    for (const round of ['anew', 'remembered']) {
      expect([round, await outcome(verifier, bot)]).toEqual([round, 'scope_missing']);
      expect(await verifier.verify(bot, { bots: ['messages:read'] })).toMatchObject({ scopes: ['messages:read'] });
      await expect((async () => verifier.verify(bot, { bots: ['messages:write'] }))()).rejects.toMatchObject({
        code: 'scope_missing',
      });
      await expect((async () => verifier.verify(bare, { bots: ['messages:read'] }))()).rejects.toMatchObject({
        code: 'scope_missing',
      });
      expect(await verifier.verify(person)).not.toHaveProperty('scopes');
    }
  });

  it('answers a token it has seen at once, without a promise', async () => {
    const { key, verifier } = setup();
    const token = await signAccessToken(claims(), key);
    const first = await verifier.verify(token);

    expect(verifier.verify(token)).toBe(first);
  });

  it('tells how each verification ended', async () => {
    const { clock, key, trust } = setup();
    const outcomes: string[] = [];
    const verifier = new JwtTokenVerifier(trust, { clock, observe: (one) => outcomes.push(one) });
    const spoken = claims();
    const token = await signAccessToken(spoken, key);

    await outcome(verifier, token);
    await outcome(verifier, token);
    await outcome(verifier, 'garbage');
    trust.applyRevocations([{ subjectId: spoken.sid, epoch: 6 }]);
    await outcome(verifier, token);

    expect(outcomes).toEqual(['ok', 'ok', 'token_invalid', 'token_revoked']);
  });

  it('forgets the oldest token when it remembers too many', async () => {
    const { key, verifier } = setup({ cachedTokens: 2 });
    const tokens = await Promise.all([1, 2, 3].map(() => signAccessToken(claims(), key)));

    for (const token of tokens) await verifier.verify(token);

    expect(verifier.size).toBe(2);
    expect(verifier.verify(tokens[0] as string)).toBeInstanceOf(Promise);
  });

  it('accepts five seconds past the end, not more, cached or not', async () => {
    const { clock, key, trust, verifier } = setup();
    const token = await signAccessToken(claims(), key);
    await verifier.verify(token);

    clock.nowMs = noon + 304_000;
    expect(await outcome(verifier, token)).toBe('ok');
    clock.nowMs = noon + 305_000;
    expect(await outcome(verifier, token)).toBe('token_expired');
    expect(await outcome(new JwtTokenVerifier(trust, { clock }), token)).toBe('token_expired');
    expect(verifier.size).toBe(0);
  });

  it.each(['org', 'sub', 'dev', 'sid'] as const)('refuses a cached token once its %s is revoked', async (claim) => {
    const { key, trust, verifier } = setup();
    const spoken = claims();
    const token = await signAccessToken(spoken, key);
    await verifier.verify(token);

    trust.applyRevocations([{ subjectId: spoken[claim], epoch: 6 }]);

    expect(await outcome(verifier, token)).toBe('token_revoked');
    expect(await outcome(verifier, await signAccessToken({ ...spoken, epoch: 6 }, key))).toBe('ok');
  });

  it('refuses cached tokens of a key that was withdrawn', async () => {
    const { key, trust, verifier } = setup();
    const token = await signAccessToken(claims(), key);
    await verifier.verify(token);

    trust.applyKeys([newKey('k2').jwk]);

    expect(await outcome(verifier, token)).toBe('token_invalid');
  });
});

describe('forged access tokens (A-46)', () => {
  it.each([
    ['no algorithm', { ...good, alg: 'none' }],
    ['another algorithm name', { ...good, alg: 'Ed448' }],
    ['a key in the header', { ...good, jwk: { kty: 'OKP', crv: 'Ed25519', x: 'AA' } }],
    ['a key address in the header', { ...good, jku: 'https://evil.example/keys' }],
    ['a certificate address', { ...good, x5u: 'https://evil.example/cert' }],
    ['a certificate', { ...good, x5c: ['AA'] }],
    ['critical extensions', { ...good, crit: ['b64'], b64: false }],
    ['an unknown key id', { ...good, kid: 'k9' }],
    ['no key id', { alg: 'EdDSA', typ: 'at+jwt' }],
    ['a key id that is a property of objects', { ...good, kid: '__proto__' }],
  ])('refuses %s, although the signature is right', async (_, header) => {
    const { key, verifier } = setup();

    expect(await outcome(verifier, forge(header, claims(), key.privateKey))).toBe('token_invalid');
  });

  it('refuses an unsigned token', async () => {
    const { verifier } = setup();

    for (const alg of ['none', 'None', 'EdDSA'])
      expect(await outcome(verifier, `${encode({ ...good, alg })}.${encode(claims())}.`)).toBe('token_invalid');
  });

  it.each(['HS256', 'HS512'])('refuses %s with the public key as the secret', async (alg) => {
    const { key, verifier } = setup();
    const secret = createPublicKey(key.privateKey).export({ type: 'spki', format: 'pem' });
    const text = `${encode({ ...good, alg })}.${encode(claims())}`;
    const mac = createHmac(alg === 'HS256' ? 'sha256' : 'sha512', secret)
      .update(text)
      .digest('base64url');

    expect(await outcome(verifier, `${text}.${mac}`)).toBe('token_invalid');
  });

  it("refuses another key's signature under a known key id", async () => {
    const { verifier } = setup();

    expect(await outcome(verifier, forge(good, claims(), newKey('k1').privateKey))).toBe('token_invalid');
  });
});

describe('tokens that are not for this (A-47)', () => {
  const at = noon / 1_000;

  it.each([
    ['a refresh proof', { ...good, typ: 'relais-refresh+jwt' }, {}],
    ['a proof of possession', { ...good, typ: 'dpop+jwt' }, {}],
    ['a token of no type', { alg: 'EdDSA', kid: 'k1' }, {}],
    ['a plain JWT', { ...good, typ: 'JWT' }, {}],
    ['another issuer', good, { iss: 'elsewhere' }],
    ['another audience', good, { aud: 'elsewhere' }],
    ['several audiences', good, { aud: ['relais', 'elsewhere'] }],
    ['a start in the future', good, { nbf: at + 6 }],
    ['an issue in the future', good, { iat: at + 6, exp: at + 300 }],
    ['a life longer than five minutes', good, { exp: at + 301 }],
    ['no end', good, { exp: undefined }],
    ['an end before its start', good, { iat: at, exp: at }],
    ['no roles', good, { roles: [] }],
    ['a role that does not exist', good, { roles: ['root'] }],
    ['no epoch', good, { epoch: undefined }],
    ['a negative epoch', good, { epoch: -1 }],
    ['ids that are not UUIDs', good, { sub: '*' }],
  ])('refuses %s', async (_, header, overrides) => {
    const { key, verifier } = setup();

    expect(await outcome(verifier, forge(header, { ...claims(), ...overrides }, key.privateKey))).toBe('token_invalid');
  });

  it('accepts a start at most five seconds ahead', async () => {
    const { key, verifier } = setup();

    expect(await outcome(verifier, forge(good, { ...claims(), nbf: at + 4 }, key.privateKey))).toBe('ok');
  });
});

describe('garbage instead of a token', () => {
  it('is refused as invalid, whatever it is', async () => {
    const { verifier } = setup();
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
    );
    const garbage = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5_000 }),
      fc.array(part, { maxLength: 5 }).map((parts) => parts.join('.')),
    );

    await fc.assert(
      fc.asyncProperty(garbage, async (token) => (await outcome(verifier, token)) === 'token_invalid'),
      { numRuns: 500 },
    );
  });

  it('is refused when one character of a good token is another', async () => {
    const { key, verifier } = setup();
    const token = await signAccessToken(claims(), key);
    // The last character of an Ed25519 signature carries two unused bits, so it is left out.
    const change = fc.tuple(fc.nat(token.length - 2), fc.constantFrom(...'AZaz09-_.'));

    await fc.assert(
      fc.asyncProperty(change, async ([at, character]) => {
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        return changed === token || (await outcome(verifier, changed)) === 'token_invalid';
      }),
      { numRuns: 300 },
    );
  });
});
