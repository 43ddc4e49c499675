import { createHmac, generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import type { DevicePublicKey } from '@relais/contracts';
import { AppError, Clock } from '@relais/kernel';
import { type DpopProof, DpopVerifier, signDpopProof } from './dpop.js';
import { DpopNonces, NONCE_SECONDS } from './dpop-nonces.js';
import { jwkThumbprint } from './jwk-thumbprint.js';

const noon = Date.parse('2026-11-23T12:00:00Z') / 1_000;
class Time extends Clock {
  seconds = noon;
  now = () => new Date(this.seconds * 1_000);
}
const secret = Buffer.alloc(32, 7);
const aKey = (): { publicKey: DevicePublicKey; privateKey: KeyObject } => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  return { publicKey: { kty: 'OKP', crv: 'Ed25519', x: x as string }, privateKey };
};
const device = aKey();
const url = 'https://chat.example.org/v1/me';
const accessToken = 'header.claims.signature';
const asked = { method: 'GET', url, accessToken };
const request = {
  ...{ method: 'GET', accessToken, keyThumbprint: jwkThumbprint(device.publicKey) },
  isAddress: ({ href }: URL) => href === url,
};

function setup() {
  const clock = new Time();
  const nonces = new DpopNonces({ secret, replica: 'one', clock });
  const verifier = new DpopVerifier(nonces, clock);
  const proofOf = (claims = {}, key = device) => signDpopProof(key, asked, { iat: clock.seconds, ...claims });
  const verify = (proof: string): DpopProof | string => {
    try {
      return verifier.verify(proof, request);
    } catch (thrown) {
      return AppError.from(thrown).code;
    }
  };
  return { clock, nonces, verifier, proofOf, verify };
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decoded = (proof: string, index: number) =>
  JSON.parse(Buffer.from(proof.split('.')[index] ?? '', 'base64url').toString()) as Record<string, unknown>;
/** The proof with other headers, signed anew with the right key. */
const withHeader = (proof: string, change: object, key = device.privateKey): string => {
  const input = `${part({ ...decoded(proof, 0), ...change })}.${proof.split('.')[1]}`;
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`;
};

describe('a DPoP proof (RFC 9449, 4.3)', () => {
  it('holds for the request it was made for, and has an id of its own', () => {
    const { proofOf, verify } = setup();

    const [first, second] = [verify(proofOf()) as DpopProof, verify(proofOf()) as DpopProof];

    expect(first).toEqual({ id: expect.stringMatching(/^[\w-]{43}$/), goodForMs: 31_000, nonce: 'none' });
    expect(second.id).not.toBe(first.id);
    const again = proofOf({ jti: 'always the same' });
    expect(verify(again)).toEqual(verify(again));
  });

  it.each<[string, object]>([
    ['htm', { htm: 'POST' }],
    ['htu', { htu: 'https://chat.example.org/v1/sessions' }],
    ['htu of another host', { htu: 'https://evil.example/v1/me' }],
    ['htu that is no address', { htu: 'v1/me' }],
    ['ath', { ath: hash('sha256', 'another token', 'base64url') }],
    ['no ath', { ath: undefined }],
    ['no jti', { jti: undefined }],
    ['a jti that anybody could guess', { jti: '1' }],
    ['an iat that is none', { iat: 'noon' }],
  ])('does not hold with a wrong claim: %s (A-48)', (_, claims) => {
    const { proofOf, verify } = setup();

    expect(verify(proofOf(claims))).toBe('invalid_dpop_proof');
  });

  it('does not hold when it was made with another key than the token is bound to (A-48)', () => {
    const { proofOf, verify } = setup();
    const thief = aKey();

    expect(verify(proofOf({}, thief))).toBe('invalid_dpop_proof');
    expect(verify(proofOf({}, { ...device, privateKey: thief.privateKey }))).toBe('invalid_dpop_proof');
  });

  it.each<[string, object]>([
    ['alg none', { alg: 'none' }],
    ['alg ES256', { alg: 'ES256' }],
    ['the type of an access token', { typ: 'at+jwt' }],
    ['no type', { typ: undefined }],
    ['the private half of the key', { jwk: { ...device.publicKey, d: 'A'.repeat(43) } }],
    ['a symmetric key', { jwk: { kty: 'oct', k: 'AAAA' } }],
    ['no key', { jwk: undefined }],
    ['a key to be fetched', { jku: 'https://evil.example/keys' }],
    ['a certificate to be fetched', { x5u: 'https://evil.example/cert' }],
    ['a member that must be understood', { crit: ['b64'], b64: false }],
  ])('does not hold with a header that says %s (A-46, A-47)', (_, change) => {
    const { proofOf, verify } = setup();

    expect(verify(withHeader(proofOf(), change))).toBe('invalid_dpop_proof');
  });

  it('does not hold when it is signed by HMAC with the public key, or not at all (A-46)', () => {
    const { proofOf, verify } = setup();
    const [, body = ''] = proofOf().split('.');
    const input = `${part({ typ: 'dpop+jwt', alg: 'HS256', jwk: device.publicKey })}.${body}`;
    const mac = createHmac('sha256', device.publicKey.x).update(input).digest('base64url');
    const [head = ''] = proofOf().split('.');

    for (const forged of [`${input}.${mac}`, `${head}.${body}.`, `${head}.${body}`, '', 'a.b.c', 'x'.repeat(5_000)])
      expect(verify(forged)).toBe('invalid_dpop_proof');
  });

  it('does not hold when its claims are changed under a signature that was seen before', () => {
    const { proofOf, verify } = setup();
    const good = proofOf();
    verify(good);
    const [head, , signature] = good.split('.');

    expect(verify(`${head}.${part({ ...decoded(good, 1), jti: 'another one' })}.${signature}`)).toBe(
      'invalid_dpop_proof',
    );
  });

  it.each([-31, 31, -86_400, 86_400])('asks for a nonce when the clocks differ by %i s (A-48)', (seconds) => {
    const { clock, nonces, verifier, proofOf, verify } = setup();
    const refused = () => verifier.verify(proofOf({ iat: clock.seconds + seconds }), request);

    expect(refused).toThrow(expect.objectContaining({ kind: 'unauthenticated', code: 'use_dpop_nonce' }));
    const { nonce } = AppError.from(thrownBy(refused)).details as { nonce: string };
    expect(nonces.read(nonce)).toEqual({ leftMs: (NONCE_SECONDS + 1) * 1_000, isOwn: true });
    expect(verify(proofOf({ iat: clock.seconds + seconds, nonce }))).toMatchObject({ nonce: 'own' });
  });

  it('is remembered for as long as it would be accepted', () => {
    const { clock, nonces, proofOf, verify } = setup();
    const ahead = proofOf({ iat: clock.seconds + 20 });
    const withNonce = proofOf({ nonce: nonces.issue() });
    const [first, second] = [verify(ahead) as DpopProof, verify(withNonce) as DpopProof];

    clock.seconds += first.goodForMs / 1_000;
    expect(verify(ahead)).toBe('use_dpop_nonce');
    clock.seconds += (second.goodForMs - first.goodForMs) / 1_000;
    expect(verify(withNonce)).toBe('use_dpop_nonce');
  });
});

describe('a nonce', () => {
  it('is good for five minutes, on every replica with the same secret', () => {
    const clock = new Time();
    const [one, other] = ['one', 'other'].map((replica) => new DpopNonces({ secret, replica, clock }));
    const nonce = one?.issue() ?? '';

    expect(other?.read(nonce)).toMatchObject({ isOwn: false });
    clock.seconds += NONCE_SECONDS;
    expect(one?.read(nonce)).toEqual({ leftMs: 1_000, isOwn: true });
    clock.seconds += 1;
    expect(one?.read(nonce)).toBeUndefined();
  });

  it('cannot be made up, changed, or come from the future', () => {
    const clock = new Time();
    const nonces = new DpopNonces({ secret, replica: 'one', clock });
    const stranger = new DpopNonces({ secret: Buffer.alloc(32, 8), replica: 'one', clock });
    const [time = '', mark, mac] = nonces.issue().split('.');
    const later = (Number.parseInt(time, 36) + 60).toString(36);

    for (const made of ['', 'x', stranger.issue(), `${later}.${mark}.${mac}`, `${time}.AAAAAAAA.${mac}`])
      expect(nonces.read(made)).toBeUndefined();
    clock.seconds += 60;
    const early = nonces.issue();
    clock.seconds -= 60;
    expect(nonces.read(early)).toBeUndefined();
    expect(() => new DpopNonces({ secret: Buffer.alloc(8), replica: 'one' })).toThrow(RangeError);
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (thrown) {
    return thrown;
  }
}
