import { createHmac } from 'node:crypto';
import type { OrganizationId } from '@relais/kernel';
import { lengthPrefixed } from './encoding.js';
import type { KeyProvider } from './key-provider.js';

/**
 * How spellings of the same thing become one. Only fields whose values are hard to guess and unique belong here. The beginnings
 * of names are neither: docs/adr/0031-names-are-found-by-their-beginnings.md says what they give away.
 */
const NORMALISED = {
  email: (value: string) => value.normalize('NFKC').trim().toLowerCase(),
  phone: (value: string) => value.normalize('NFKC').replaceAll(/[^+0-9]/g, ''),
  dedup_key: (value: string) => value,
  roster_address: (value: string) => value,
  external_id: (value: string) => value.normalize('NFC'),
  name_beginning: (value: string) => value,
} as const;

export type IndexedField = keyof typeof NORMALISED;

/**
 * Finds an encrypted value by equality without storing it: HMAC-SHA-256, keyed per organization, over the field's name and
 * the normalised value. The same value gives different digests in two organizations and in two fields, and the same digest
 * over all KEK rotations. Never for words of messages or columns with few values: equality alone gives those away.
 */
export class BlindIndex {
  constructor(private readonly provider: KeyProvider) {}

  /** 32 bytes. */
  async digest(organizationId: OrganizationId, field: IndexedField, value: string): Promise<Buffer> {
    const [digest] = await this.digests(organizationId, field, [value]);
    return digest as Buffer;
  }

  /** The same for many values, in their order, with one look at the key. */
  async digests(organizationId: OrganizationId, field: IndexedField, values: readonly string[]): Promise<Buffer[]> {
    const key = await this.provider.indexKey(organizationId);
    try {
      return values.map((value) =>
        createHmac('sha256', key)
          .update(lengthPrefixed(['relais blind index v1', field, NORMALISED[field](value)]))
          .digest(),
      );
    } finally {
      key.fill(0);
    }
  }
}
