import type { OrganizationId } from '@relais/kernel';
import { encrypt, decrypt, ALG_AES_256_GCM, KEY_BYTES } from './aead.js';
import { lengthPrefixed, type Part } from './encoding.js';
import { decryptFailed } from './errors.js';
import type { KeyProvider } from './key-provider.js';
import { randomBytes } from 'node:crypto';

/** Stands for "no organization"; the nil UUID is nobody's id. */
const SYSTEM = '00000000-0000-0000-0000-000000000000' as OrganizationId;

const VERSION_BYTES = 4;
const LENGTH_BYTES = 2;
const FIXED_BYTES = 1 + VERSION_BYTES + LENGTH_BYTES;

/**
 * Seals a small secret that belongs to no organization, such as a signing key, under the provider's active KEK. `place`
 * names where it is kept. The result carries its own wrapped key, so it needs no keystore, and one secret is one key.
 *
 * After a KEK rotation it must go through `resealSystem` before the old version may go.
 */
export async function sealSystem(
  provider: KeyProvider,
  place: readonly Part[],
  secret: string | Uint8Array,
): Promise<Buffer> {
  const dek = randomBytes(KEY_BYTES);
  try {
    const { kekVersion, wrapped } = await provider.wrap(SYSTEM, keyName(place), dek);
    const header = Buffer.alloc(FIXED_BYTES + wrapped.length);
    header.writeUInt8(ALG_AES_256_GCM, 0);
    header.writeUInt32BE(kekVersion, 1);
    header.writeUInt16BE(wrapped.length, 1 + VERSION_BYTES);
    header.set(wrapped, FIXED_BYTES);
    return encrypt(dek, header, aadOf(header, place), Buffer.from(secret));
  } finally {
    dek.fill(0);
  }
}

/** @throws AppError `decrypt_failed`; `kek_version_unknown` when its KEK version is gone */
export async function openSystem(provider: KeyProvider, place: readonly Part[], sealed: Buffer): Promise<Buffer> {
  const { kekVersion, wrapped, headerBytes } = parse(sealed);
  const dek = await provider.unwrap(SYSTEM, keyName(place), { kekVersion, wrapped });
  try {
    return decrypt(dek, headerBytes, aadOf(sealed.subarray(0, headerBytes), place), sealed);
  } finally {
    dek.fill(0);
  }
}

/** The same secret under the active KEK version, or null when it is sealed with that already. */
export async function resealSystem(
  provider: KeyProvider,
  place: readonly Part[],
  sealed: Buffer,
): Promise<Buffer | null> {
  if (parse(sealed).kekVersion >= (await provider.activeVersion())) return null;
  const secret = await openSystem(provider, place, sealed);
  try {
    return await sealSystem(provider, place, secret);
  } finally {
    secret.fill(0);
  }
}

function parse(sealed: Buffer): { kekVersion: number; wrapped: Buffer; headerBytes: number } {
  if (sealed.length < FIXED_BYTES || sealed[0] !== ALG_AES_256_GCM) throw decryptFailed();
  const headerBytes = FIXED_BYTES + sealed.readUInt16BE(1 + VERSION_BYTES);
  if (sealed.length < headerBytes) throw decryptFailed();
  return { kekVersion: sealed.readUInt32BE(1), wrapped: sealed.subarray(FIXED_BYTES, headerBytes), headerBytes };
}

const keyName = (place: readonly Part[]): string => lengthPrefixed(['relais system v1', ...place]).toString('base64');

const aadOf = (header: Uint8Array, place: readonly Part[]): Buffer =>
  lengthPrefixed(['relais system v1', header, ...place]);
