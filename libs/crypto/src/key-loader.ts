import { randomBytes } from 'node:crypto';
import { AppError, newId, type OrganizationId } from '@relais/kernel';
import { KEY_BYTES } from './aead.js';
import { DataKey } from './data-key.js';
import { CONTENT_DESTROYED } from './errors.js';
import type { KeyProvider } from './key-provider.js';
import { type KeySlot, type KeyStore, slotName, type StoredKey } from './key-store.js';

/** Brings data keys from the keystore into memory, and makes the ones that are missing. */
export class KeyLoader {
  constructor(
    private readonly provider: KeyProvider,
    private readonly store: KeyStore,
  ) {}

  /** The key of every slot, by slot name. One read when all are there, one more write when some are new. */
  async bySlots(organizationId: OrganizationId, slots: readonly KeySlot[]): Promise<Map<string, DataKey>> {
    const found = await this.store.find(organizationId, slots);
    const known = new Set(found.map((key) => slotName(key.slot)));
    const missing = slots.filter((slot) => !known.has(slotName(slot)));
    const added = missing.length > 0 ? await this.create(organizationId, missing) : [];
    const keys = await Promise.all(
      [...found, ...added].map(async (key) => [slotName(key.slot), await this.unwrap(key)] as const),
    );
    return new Map(keys);
  }

  /** The keys with these ids, by id. Unknown and damaged ones are left out: they must not keep the others from opening. One read. */
  async byIds(
    organizationId: OrganizationId,
    ids: readonly string[],
  ): Promise<Map<string, DataKey | typeof CONTENT_DESTROYED>> {
    const found = await this.store.findByIds(organizationId, ids);
    const keys = new Map<string, DataKey | typeof CONTENT_DESTROYED>();
    await Promise.all(
      found.map(async (stored) => {
        const key = stored.wrapped === null ? CONTENT_DESTROYED : await this.unwrap(stored).catch(ifDamaged);
        if (key) keys.set(stored.id, key);
      }),
    );
    return keys;
  }

  private async create(organizationId: OrganizationId, slots: readonly KeySlot[]): Promise<StoredKey[]> {
    const drafts = await Promise.all(slots.map((slot) => this.draft(organizationId, slot)));
    const living = await this.store.add(organizationId, drafts);
    // Destroyed between the two statements of `add`: rare, and asking again makes a new one.
    if (living.length < slots.length) throw new AppError('unavailable', 'data_key_unavailable');
    return living;
  }

  private async draft(organizationId: OrganizationId, slot: KeySlot): Promise<StoredKey> {
    const id = newId<string>();
    const dek = randomBytes(KEY_BYTES);
    try {
      return { id, slot, ...(await this.provider.wrap(organizationId, id, dek)) };
    } finally {
      dek.fill(0);
    }
  }

  private async unwrap(key: StoredKey): Promise<DataKey> {
    const { organizationId } = key.slot;
    return new DataKey(organizationId, key.id, await this.provider.unwrap(organizationId, key.id, key));
  }
}

/** A missing KEK version or an absent key service concerns everybody and is passed on; a wrapping that does not open does not. */
function ifDamaged(error: unknown): undefined {
  if (error instanceof AppError && error.code === 'decrypt_failed') return undefined;
  throw error;
}
