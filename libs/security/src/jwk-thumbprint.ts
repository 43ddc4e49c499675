import { hash } from 'node:crypto';
import type { DevicePublicKey } from '@relais/contracts';

/** The thumbprint of an Ed25519 key (RFC 7638, RFC 8037 A.3): SHA-256 of its required members, base64url. */
export const jwkThumbprint = ({ crv, kty, x }: Pick<DevicePublicKey, 'crv' | 'kty' | 'x'>): string =>
  hash('sha256', JSON.stringify({ crv, kty, x }), 'base64url');
