import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync } from 'node:crypto';
import { decryptFailed } from './errors.js';

/** Registry of algorithm ids, the first byte of everything sealed. Ids are never reused: README.md, "Inventory". */
export const ALG_AES_256_GCM = 1;

export const KEY_BYTES = 32;
const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Bytes, or a prepared key: a third of the time where a key is used again and again. */
type Key = Buffer | KeyObject;

const ivs = Buffer.alloc(IV_BYTES * 256);
let nextIvAt = ivs.length;

/** Twelve random bytes, used once. Asking the generator for many at once costs what one costs. */
function nextIv(): Buffer {
  if (nextIvAt === ivs.length) {
    randomFillSync(ivs);
    nextIvAt = 0;
  }
  nextIvAt += IV_BYTES;
  return ivs.subarray(nextIvAt - IV_BYTES, nextIvAt);
}

/** AES-256-GCM. The result is `header ‖ random 96-bit IV ‖ ciphertext ‖ 128-bit tag`; the header is bound only if `aad` holds it. */
export function encrypt(key: Key, header: Buffer, aad: Buffer, plaintext: Uint8Array): Buffer {
  const ivStart = header.length;
  const textStart = ivStart + IV_BYTES;
  const sealed = Buffer.allocUnsafe(textStart + plaintext.length + TAG_BYTES);
  sealed.set(header, 0);
  nextIv().copy(sealed, ivStart);
  const cipher = createCipheriv(CIPHER, key, sealed.subarray(ivStart, textStart), { authTagLength: TAG_BYTES });
  cipher.setAAD(aad);
  sealed.set(cipher.update(plaintext), textStart);
  cipher.final();
  sealed.set(cipher.getAuthTag(), textStart + plaintext.length);
  return sealed;
}

/** @throws AppError `decrypt_failed`, whatever the reason */
export function decrypt(key: Key, headerBytes: number, aad: Buffer, sealed: Buffer): Buffer {
  const textStart = headerBytes + IV_BYTES;
  const tagStart = sealed.length - TAG_BYTES;
  if (tagStart < textStart) throw decryptFailed();
  try {
    const iv = sealed.subarray(headerBytes, textStart);
    const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(aad);
    decipher.setAuthTag(sealed.subarray(tagStart));
    const plaintext = decipher.update(sealed.subarray(textStart, tagStart));
    decipher.final();
    return plaintext;
  } catch {
    throw decryptFailed();
  }
}
