import { generateKeyPairSync } from 'node:crypto';
import type { AccessClaims, PublicJwk } from '@relais/contracts';
import { type DeviceId, newId, type OrganizationId, type SessionId, type UserId } from '@relais/kernel';
import { type DpopSigningKey, jwkThumbprint, signAccessToken, signDpopProof, type SigningKey } from '@relais/security';

/** Somebody on one device. */
export interface Someone {
  readonly userId: UserId;
  readonly organizationId: OrganizationId;
  readonly deviceId: DeviceId;
  readonly sessionId: SessionId;
  /** Of the device. */
  readonly key: DpopSigningKey;
}

export const someone = (more: Partial<Someone> = {}): Someone => ({
  userId: newId(),
  organizationId: newId(),
  deviceId: newId(),
  sessionId: newId(),
  key: newKey(),
  ...more,
});

export function newKey(): DpopSigningKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  return { publicKey: { kty: 'OKP', crv: 'Ed25519', x: x as string }, privateKey };
}

/** The first frame of a socket at this port, with a proof of the person's key. */
export function helloOf({ key }: Someone, port: number, token: string, claims: { iat?: number; nonce?: string } = {}) {
  const url = `http://127.0.0.1:${port}/v1/realtime`;
  return { type: 'hello', token, proof: signDpopProof(key, { method: 'GET', url, accessToken: token }, claims) };
}

/** Signs what auth would sign, with a real key. */
export class Issuer {
  private readonly pair = generateKeyPairSync('ed25519');
  readonly signingKey: SigningKey = { kid: newId(), privateKey: this.pair.privateKey };

  get publicJwk(): PublicJwk {
    const { x } = this.pair.publicKey.export({ format: 'jwk' });
    return { kty: 'OKP', crv: 'Ed25519', x: x as string, kid: this.signingKey.kid, alg: 'EdDSA', use: 'sig' };
  }

  tokenFor(person: Someone, more: Partial<AccessClaims> = {}): Promise<string> {
    const iat = Math.floor(Date.now() / 1_000);
    return signAccessToken(
      {
        ...{
          iss: 'relais',
          aud: 'relais',
          iat,
          exp: iat + 300,
          epoch: 0,
          amr: ['pwd'],
          auth_time: iat,
          roles: ['member'],
        },
        ...{ sub: person.userId, org: person.organizationId, dev: person.deviceId, sid: person.sessionId },
        cnf: { jkt: jwkThumbprint(person.key.publicKey) },
        ...more,
      },
      this.signingKey,
    );
  }
}
