import { generateKeyPairSync } from 'node:crypto';
import type { DevicePublicKey } from '@relais/contracts';
import { CompactSign } from 'jose';
import fc from 'fast-check';
import {
  equalsInConstantTime,
  hashSecret,
  jwkThumbprint,
  newSecret,
  signDeviceProof,
  verifyDeviceProof,
} from './index.js';

function newDeviceKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  return { privateKey, publicKey: { kty: 'OKP', crv: 'Ed25519', x: String(x) } satisfies DevicePublicKey };
}

const now = new Date('2026-11-23T12:00:00Z');
const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1_000);

describe("a device's proof", () => {
  it('holds for the key and the refresh token it was made for', async () => {
    const { privateKey, publicKey } = newDeviceKey();
    const proof = await signDeviceProof(privateKey, 'token', now);

    expect(await verifyDeviceProof(publicKey, proof, 'token', now)).toBe(true);
    expect(await verifyDeviceProof(publicKey, proof, 'other', now)).toBe(false);
    expect(await verifyDeviceProof(newDeviceKey().publicKey, proof, 'token', now)).toBe(false);
  });

  it('holds for five minutes either way', async () => {
    const { privateKey, publicKey } = newDeviceKey();
    const proof = await signDeviceProof(privateKey, 'token', now);

    const held = await Promise.all(
      [-301, -300, 300, 301].map((s) => verifyDeviceProof(publicKey, proof, 'token', later(s))),
    );

    expect(held).toEqual([false, true, true, false]);
  });

  it.each([
    ['of another type', { alg: 'EdDSA', typ: 'at+jwt' }],
    [
      'with a key in the header',
      { alg: 'EdDSA', typ: 'relais-refresh+jwt', jwk: { kty: 'OKP', crv: 'Ed25519', x: 'AA' } },
    ],
    ['with a key id', { alg: 'EdDSA', typ: 'relais-refresh+jwt', kid: '1' }],
  ])('is refused when it is %s', async (_, header) => {
    const { privateKey, publicKey } = newDeviceKey();
    const good = await signDeviceProof(privateKey, 'token', now);
    const payload = Buffer.from(String(good.split('.')[1]), 'base64url');
    const forged = await new CompactSign(payload).setProtectedHeader(header).sign(privateKey);

    expect(await verifyDeviceProof(publicKey, forged, 'token', now)).toBe(false);
  });

  it('is false for any garbage and never throws', async () => {
    const { publicKey } = newDeviceKey();

    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary' }),
        async (proof) => !(await verifyDeviceProof(publicKey, proof, 'token', now)),
      ),
    );
    expect(await verifyDeviceProof({ kty: 'OKP', crv: 'Ed25519', x: '*' }, 'a.b.c', 'token', now)).toBe(false);
  });
});

describe('secrets', () => {
  it('have 256 bits and never repeat', () => {
    const secrets = new Set(Array.from({ length: 1_000 }, newSecret));

    expect(secrets.size).toBe(1_000);
    for (const secret of secrets) expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
  });

  it('compare equal only when they are', () => {
    expect(equalsInConstantTime(hashSecret('a'), hashSecret('a'))).toBe(true);
    expect(equalsInConstantTime(hashSecret('a'), hashSecret('b'))).toBe(false);
    expect(equalsInConstantTime(hashSecret('a'), Buffer.from('a'))).toBe(false);
  });

  it('have the thumbprint of RFC 8037, appendix A.3', () => {
    const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';

    expect(jwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x })).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });
});
