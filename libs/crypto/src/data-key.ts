import { createSecretKey, type KeyObject } from 'node:crypto';
import { AppError, type OrganizationId } from '@relais/kernel';
import { ALG_AES_256_GCM, decrypt, encrypt } from './aead.js';
import { bytesToUuid, lengthPrefixed, type Part, uuidToBytes } from './encoding.js';
import { decryptFailed } from './errors.js';

const ID_BYTES = 16;
const HEADER_BYTES = 1 + ID_BYTES;

/** How many bytes sealing adds: algorithm 1, key id 16, IV 12, tag 16. */
export const SEAL_OVERHEAD_BYTES = HEADER_BYTES + 12 + 16;

/**
 * An unwrapped data key. Sealing is synchronous, about 20 microseconds for a message, most of them in the cipher.
 *
 * Use it right after getting it and do not keep it: it is erased at most 5 minutes after it was loaded, at the earliest
 * 30 seconds after it was handed out (see DataKeyCache).
 */
export class DataKey {
  private readonly header: Buffer;
  private prepared: KeyObject | undefined;

  /** Takes ownership of `key`, which `erase` fills with zeros. */
  constructor(
    readonly organizationId: OrganizationId,
    readonly id: string,
    private readonly key: Buffer,
  ) {
    this.prepared = createSecretKey(key);
    this.header = Buffer.concat([Buffer.from([ALG_AES_256_GCM]), uuidToBytes(id)]);
  }

  /**
   * Encrypts for exactly one place: `place` names it in parts such as table, column, conversation and entry id, and opening
   * it anywhere else fails. Sealing twice gives different bytes.
   *
   * @throws AppError `data_key_expired` (retryable) when the key was kept too long
   */
  seal(place: readonly Part[], plaintext: string | Uint8Array): Buffer {
    const bytes = typeof plaintext === 'string' ? Buffer.from(plaintext) : plaintext;
    return encrypt(this.usable(), this.header, this.aad(place), bytes);
  }

  /** @throws AppError `decrypt_failed`; `data_key_expired` (retryable) when the key was kept too long */
  open(place: readonly Part[], sealed: Buffer): Buffer {
    if (!sealed.subarray(0, HEADER_BYTES).equals(this.header)) throw decryptFailed();
    return decrypt(this.usable(), HEADER_BYTES, this.aad(place), sealed);
  }

  erase(): void {
    this.prepared = undefined;
    this.key.fill(0);
  }

  // NOTE: without this check an erased key would seal with 32 zero bytes, which anybody can open.
  private usable(): KeyObject {
    if (!this.prepared) throw new AppError('unavailable', 'data_key_expired');
    return this.prepared;
  }

  private aad(place: readonly Part[]): Buffer {
    return lengthPrefixed(['relais seal v1', this.header, this.organizationId, ...place]);
  }
}

/**
 * The id of the key something was sealed with.
 *
 * @throws AppError `decrypt_failed` when this was not sealed by a DataKey
 */
export function keyIdOf(sealed: Buffer): string {
  if (sealed.length < SEAL_OVERHEAD_BYTES || sealed[0] !== ALG_AES_256_GCM) throw decryptFailed();
  return bytesToUuid(sealed.subarray(1, HEADER_BYTES));
}
