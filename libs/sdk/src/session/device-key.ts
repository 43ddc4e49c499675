import { type DevicePublicKey, devicePublicKey } from '@relais/contracts';
import { CompactSign } from 'jose';
import { type KeyObject, createHash, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { z } from 'zod';

const privateJwk = devicePublicKey.extend({ d: z.base64url().length(43) });

/** A device key as stored: an RFC 8037 private JWK. Whoever has it can refresh the device's sessions; keep it 0600. */
export type DeviceKeyJson = z.infer<typeof privateJwk>;

/** The Ed25519 key pair of one installed client. The server learns the public half only. */
export class DeviceKey {
  private readonly key: KeyObject;

  private constructor(private readonly jwk: DeviceKeyJson) {
    this.key = createPrivateKey({ key: jwk, format: 'jwk' });
  }

  static generate(): DeviceKey {
    return DeviceKey.fromJSON(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }));
  }

  /** @throws ZodError when this is not an Ed25519 private JWK */
  static fromJSON(stored: unknown): DeviceKey {
    return new DeviceKey(privateJwk.parse(stored));
  }

  toJSON(): DeviceKeyJson {
    return { ...this.jwk };
  }

  get publicKey(): DevicePublicKey {
    const { kty, crv, x } = this.jwk;
    return { kty, crv, x };
  }

  /** Proves that this device holds the refresh token: see `refreshProof` in the contracts. */
  proof(refreshToken: string, now: Date = new Date()): Promise<string> {
    const rt = createHash('sha256').update(refreshToken).digest('base64url');
    const payload = JSON.stringify({ rt, iat: Math.floor(now.getTime() / 1_000) });
    return new CompactSign(new TextEncoder().encode(payload))
      .setProtectedHeader({ alg: 'EdDSA', typ: 'relais-refresh+jwt' })
      .sign(this.key);
  }
}
