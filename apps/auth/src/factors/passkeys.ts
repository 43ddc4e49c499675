import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { Settings } from '../settings.js';
import type { FactorRow } from './factor-rows.postgres.js';

export interface Registered {
  credentialId: string;
  publicKey: Uint8Array;
  signCount: number;
  transports: readonly string[];
}

export interface Asserted {
  counter: number;
  userVerified: boolean;
}

const transportsOf = ({ transports }: FactorRow) => transports as never[];

/** The relying party's side of Web Authentication, Level 3. The library is loaded with the first passkey. */
@Injectable()
export class Passkeys {
  constructor(private readonly settings: Settings) {}

  /** For `navigator.credentials.create`: a discoverable credential, on no authenticator the person has registered before. */
  async registrationOptions(userId: string, userName: string, known: readonly FactorRow[]) {
    const { generateRegistrationOptions } = await import('@simplewebauthn/server');
    return generateRegistrationOptions({
      rpName: 'Relais',
      rpID: this.settings.webauthnRpId,
      userID: new TextEncoder().encode(userId),
      userName,
      attestationType: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'preferred' },
      excludeCredentials: known.flatMap((one) =>
        one.credential_id ? [{ id: one.credential_id, transports: transportsOf(one) }] : [],
      ),
      supportedAlgorithmIDs: [-8, -7, -257],
    });
  }

  /** The credential, or null when anything about the answer is wrong: challenge, origin, relying party, signature. */
  async register(attestation: unknown, challenge: string): Promise<Registered | null> {
    const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
    try {
      const { registrationInfo, verified } = await verifyRegistrationResponse({
        response: attestation as RegistrationResponseJSON,
        ...this.expected(challenge),
      });
      if (!verified || !registrationInfo) return null;
      const { id, publicKey, counter, transports = [] } = registrationInfo.credential;
      return { credentialId: id, publicKey, signCount: counter, transports };
    } catch {
      return null;
    }
  }

  /** For `navigator.credentials.get`; without passkeys named, any the authenticator has for this relying party. */
  async authenticationOptions(known: readonly FactorRow[], challenge: string): Promise<Record<string, unknown>> {
    const { generateAuthenticationOptions } = await import('@simplewebauthn/server');
    const options = await generateAuthenticationOptions({
      challenge: Buffer.from(challenge, 'base64url'),
      rpID: this.settings.webauthnRpId,
      userVerification: known.length > 0 ? 'preferred' : 'required',
      allowCredentials: known.flatMap((one) =>
        one.credential_id ? [{ id: one.credential_id, transports: transportsOf(one) }] : [],
      ),
    });
    return { ...options };
  }

  /** What the passkey has shown; null when anything is wrong, a counter that went backwards included. */
  async assert(assertion: unknown, challenge: string, passkey: FactorRow): Promise<Asserted | null> {
    const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
    try {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: assertion as AuthenticationResponseJSON,
        ...this.expected(challenge),
        credential: {
          id: passkey.credential_id ?? '',
          publicKey: new Uint8Array(passkey.public_key ?? []),
          counter: Number(passkey.sign_count),
          transports: transportsOf(passkey),
        },
      });
      if (!verified) return null;
      return { counter: authenticationInfo.newCounter, userVerified: authenticationInfo.userVerified };
    } catch {
      return null;
    }
  }

  private expected(challenge: string) {
    return {
      expectedChallenge: challenge,
      expectedOrigin: [...this.settings.webauthnOrigins],
      expectedRPID: this.settings.webauthnRpId,
      requireUserVerification: false,
    };
  }
}

/** What a passkey is to sign: 256 random bits, base64url. */
export const newChallenge = (): string => randomBytes(32).toString('base64url');

/** Which credential an assertion speaks of. */
export const credentialIdOf = (assertion: Readonly<Record<string, unknown>>): string =>
  typeof assertion['id'] === 'string' ? assertion['id'].slice(0, 1_400) : '';
