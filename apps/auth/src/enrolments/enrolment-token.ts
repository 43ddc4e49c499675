import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { OrganizationId } from '@relais/kernel';
import { decodeJwt, SignJWT } from 'jose';
import { z } from 'zod';
import { SigningKeys } from '../trust/signing-keys.postgres.js';

export interface EnrolmentClaims {
  organizationId: OrganizationId;
  /** The organization's short name. */
  handle: string;
  serverUrl: string;
  /** 256 bits, base64url: what makes the token one nobody can guess. */
  secret: string;
  issuedAt: Date;
  expiresAt: Date;
}

const claimed = z.object({ org: z.uuid(), jti: z.string().regex(/^[\w-]{43}$/) });

/**
 * Tokens that name gateway and organization to an app and let its device in. They are signed so that an app or a device
 * management system can tell whose they are; here they are recognised by the hash of every byte, which outlives signing keys.
 */
@Injectable()
export class EnrolmentTokens {
  constructor(private readonly keys: SigningKeys) {}

  sign({ organizationId, handle, serverUrl, secret, issuedAt, expiresAt }: EnrolmentClaims): Promise<string> {
    const { kid, privateKey } = this.keys.current();
    return new SignJWT({ iss: 'relais', org: organizationId, hdl: handle, srv: serverUrl, jti: secret })
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .setProtectedHeader({ alg: 'EdDSA', typ: 'relais-enrolment+jwt', kid })
      .sign(privateKey);
  }
}

export const enrolmentHash = (token: string): Buffer => hash('sha256', token, 'buffer');

/** What it says of itself, to be believed once its hash is found; null when it is no such token. */
export function readEnrolmentToken(token: string): { organizationId: OrganizationId; secret: string } | null {
  try {
    const { org, jti } = claimed.parse(decodeJwt(token));
    return { organizationId: org as OrganizationId, secret: jti };
  } catch {
    return null;
  }
}

/** What a QR code says: opens the app, which shows gateway and organization before it does anything. */
export const deepLinkOf = (token: string): string => `relais://enrol?token=${token}`;
