import { devicePublicKey } from '@relais/contracts';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { DeviceKey } from './device-key.js';

const decode = (part = ''): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());

describe('DeviceKey', () => {
  it('proves that it holds a refresh token', async () => {
    const key = DeviceKey.generate();

    const proof = await key.proof('a refresh token', new Date('2026-11-23T12:00:00.900Z'));

    const [header, payload, signature = ''] = proof.split('.');
    const rt = createHash('sha256').update('a refresh token').digest('base64url');
    expect(decode(header)).toEqual({ alg: 'EdDSA', typ: 'relais-refresh+jwt' });
    expect(decode(payload)).toEqual({ rt, iat: Date.parse('2026-11-23T12:00:00Z') / 1_000 });
    const publicKey = createPublicKey({ key: { ...key.publicKey }, format: 'jwk' });
    expect(verify(null, Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(
      true,
    );
  });

  it('shows the public half only', () => {
    const { publicKey } = DeviceKey.generate();

    expect(devicePublicKey.parse(publicKey)).toEqual(publicKey);
    expect(publicKey).not.toHaveProperty('d');
  });

  it('is the same key after being stored', () => {
    const key = DeviceKey.generate();

    expect(DeviceKey.fromJSON(JSON.parse(JSON.stringify(key))).publicKey).toEqual(key.publicKey);
  });

  it('refuses what is not an Ed25519 private key', () => {
    expect(() => DeviceKey.fromJSON({ ...DeviceKey.generate().publicKey })).toThrow();
    expect(() => DeviceKey.fromJSON({ kty: 'EC', crv: 'P-256' })).toThrow();
  });
});
