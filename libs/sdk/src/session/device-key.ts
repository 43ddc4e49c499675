import { type DevicePublicKey, devicePublicKey } from '@relais/contracts';
import { CompactSign } from 'jose';
import { type KeyObject, createHash, createPrivateKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { z } from 'zod';

const privateJwk = devicePublicKey.extend({ d: z.base64url().length(43) });

/** A device key as stored: an RFC 8037 private JWK. Whoever has it can refresh the device's sessions; keep it 0600. */
export type DeviceKeyJson = z.infer<typeof privateJwk>;

/** A request that is made with an access token. */
export interface ProvenRequest {
  method: string;
  /** Its whole address; query and fragment do not count. */
  url: string;
  accessToken: string;
  /** What the server last asked for in a proof (`DPoP-Nonce`, or the frame `nonce`). */
  nonce?: string | undefined;
}

/** The Ed25519 key pair of one installed client. The server learns the public half only. */
export class DeviceKey {
  private readonly key: KeyObject;
  private readonly proofHeader: string;

  private constructor(private readonly jwk: DeviceKeyJson) {
    this.key = createPrivateKey({ key: jwk, format: 'jwk' });
    this.proofHeader = encoded({ typ: 'dpop+jwt', alg: 'EdDSA', jwk: this.publicKey });
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

  /** Proves for one request that this device's key goes with its access token (DPoP, RFC 9449). Never send one twice. */
  accessProof({ method, url, accessToken, nonce }: ProvenRequest, now: Date = new Date()): string {
    const claims = encoded({
      jti: randomUUID(),
      htm: method,
      htu: url.split(/[?#]/, 1)[0],
      iat: Math.floor(now.getTime() / 1_000),
      ath: createHash('sha256').update(accessToken).digest('base64url'),
      nonce,
    });
    const input = `${this.proofHeader}.${claims}`;
    return `${input}.${sign(null, Buffer.from(input), this.key).toString('base64url')}`;
  }

  /** Proves that this device holds the refresh token: see `refreshProof` in the contracts. */
  proof(refreshToken: string, now: Date = new Date()): Promise<string> {
    const rt = createHash('sha256').update(refreshToken).digest('base64url');
    return this.statement('relais-refresh+jwt', { rt }, now);
  }

  /** What the device says of itself, signed: a compact JWS of this type over these claims and the time. */
  statement(type: string, claims: Readonly<Record<string, unknown>>, now: Date = new Date()): Promise<string> {
    const payload = JSON.stringify({ ...claims, iat: Math.floor(now.getTime() / 1_000) });
    return new CompactSign(new TextEncoder().encode(payload))
      .setProtectedHeader({ alg: 'EdDSA', typ: type })
      .sign(this.key);
  }
}

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
