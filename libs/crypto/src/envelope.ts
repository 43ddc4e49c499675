import type { Clock, OrganizationId } from '@relais/kernel';
import { type DataKey, keyIdOf } from './data-key.js';
import { DataKeyCache } from './data-key-cache.js';
import type { Part } from './encoding.js';
import { CONTENT_DESTROYED, decryptFailed, type Opened } from './errors.js';
import { Flights } from './flights.js';
import { KeyLoader } from './key-loader.js';
import type { KeyProvider } from './key-provider.js';
import { type KeyScope, type KeySelection, type KeySlot, type KeyStore, slotAt, slotName } from './key-store.js';

const DESTROYED_TOGETHER = 1_000;

export interface EnvelopeOptions {
  provider: KeyProvider;
  store: KeyStore;
  clock: Clock;
  cache?: DataKeyCache;
}

interface KeyRef {
  organizationId: OrganizationId;
  id: string;
}

/** Opens what one organization sealed, synchronously, with the keys it was made for. Use at once, do not keep. */
export interface Opener {
  /** @throws AppError `decrypt_failed` for everything that was not sealed for this organization and place */
  open(place: readonly Part[], sealed: Buffer): Opened;
}

/**
 * Encryption at rest. Content is sealed with the data key of its scope and period; data keys are kept wrapped in the
 * keystore and unwrapped in memory for at most 5 minutes.
 *
 * A batch asks for its keys with `keysFor` and then seals synchronously; a page of history asks for an `opener` and then
 * opens synchronously. Either is one round trip to the keystore per organization, none when the keys are cached.
 */
export class Envelope {
  private readonly provider: KeyProvider;
  private readonly store: KeyStore;
  private readonly clock: Clock;
  private readonly cache: DataKeyCache;
  private readonly loader: KeyLoader;
  private readonly slots = new Flights<KeySlot, DataKey>(slotName, (slots) => this.loadSlots(slots));
  private readonly ids = new Flights<KeyRef, DataKey | typeof CONTENT_DESTROYED | undefined>(nameOf, (refs) =>
    this.loadIds(refs),
  );

  constructor({ provider, store, clock, cache = new DataKeyCache() }: EnvelopeOptions) {
    this.provider = provider;
    this.store = store;
    this.clock = clock;
    this.cache = cache;
    this.loader = new KeyLoader(provider, store);
  }

  /** The key that seals in this scope now; made when there is none. Concurrent callers, on any replica, get the same key. */
  async keyFor(scope: KeyScope): Promise<DataKey> {
    const [key] = await this.keysFor([scope]);
    return key as DataKey;
  }

  /** The same for many scopes, in their order. Fails as a whole; `keyFor` each one to learn which. */
  async keysFor(scopes: readonly KeyScope[]): Promise<DataKey[]> {
    const now = this.clock.now();
    const slots = scopes.map((scope) => slotAt(scope, now));
    const cached = slots.map((slot) => this.cache.bySlot(slotName(slot)));
    const missing = slots.filter((_, index) => !cached[index]);
    if (missing.length === 0) return cached as DataKey[];
    const loaded = await perOrganization(missing, (some) => this.slots.get(some));
    return slots.map((slot, index) => cached[index] ?? (loaded.get(slot) as DataKey));
  }

  /** What opens these ciphertexts, in any order and number. What is not a ciphertext at all fails when it is opened. */
  async opener(organizationId: OrganizationId, sealed: readonly Buffer[]): Promise<Opener> {
    const ids = new Set(sealed.filter(looksSealed).map(keyIdOf));
    const keys = new Map<string, DataKey | typeof CONTENT_DESTROYED | undefined>();
    for (const id of ids) keys.set(id, this.cache.byId(organizationId, id));
    const missing = [...ids].filter((id) => !keys.get(id)).map((id): KeyRef => ({ organizationId, id }));
    const loaded = missing.length > 0 ? await this.ids.get(missing) : [];
    missing.forEach(({ id }, index) => keys.set(id, loaded[index]));
    return { open: (place, one) => openWith(keys.get(keyIdOf(one)), place, one) };
  }

  /** One ciphertext alone. @throws AppError `decrypt_failed` */
  async open(organizationId: OrganizationId, place: readonly Part[], sealed: Buffer): Promise<Opened> {
    return (await this.opener(organizationId, [sealed])).open(place, sealed);
  }

  /**
   * Destroys the keys of a scope, or only those whose period had ended by `selection.endedBy`: what was sealed with them opens
   * nowhere any more, backups of the content included. From now on it opens as `content_destroyed` here; other replicas may
   * open it for up to 5 minutes more.
   *
   * Only for scopes, or periods, in which nobody writes any more: a replica with the key still cached would seal with it.
   *
   * @returns how many keys were destroyed
   */
  async destroy(
    organizationId: OrganizationId,
    selection: Required<Pick<KeySelection, 'kind' | 'id'>> & KeySelection,
  ): Promise<number> {
    return this.destroySelected(organizationId, selection);
  }

  /** How many keys of all scopes of a kind had seen the end of their period by this day, `YYYY-MM-DD`, and are there. */
  countEnded(organizationId: OrganizationId, kind: string, endedBy: string): Promise<number> {
    return this.store.count(organizationId, { kind, endedBy });
  }

  /** Destroys these, some at a time, as `destroy` does. */
  async destroyEnded(organizationId: OrganizationId, kind: string, endedBy: string): Promise<number> {
    let total = 0;
    for (;;) {
      const count = await this.destroySelected(organizationId, { kind, endedBy }, DESTROYED_TOGETHER);
      total += count;
      if (count < DESTROYED_TOGETHER) return total;
    }
  }

  /** Destroys every data key of an organization, and its key encryption key where that stands alone. */
  async destroyOrganization(organizationId: OrganizationId): Promise<number> {
    const count = await this.destroySelected(organizationId, {});
    await this.provider.destroy(organizationId);
    return count;
  }

  /** Erases all keys in memory. */
  close(): void {
    this.cache.close();
  }

  private async destroySelected(
    organizationId: OrganizationId,
    selection: KeySelection,
    limit?: number,
  ): Promise<number> {
    const ids = await this.store.destroy(organizationId, selection, limit);
    for (const id of ids) this.cache.remove(organizationId, id);
    return ids.length;
  }

  private async loadSlots(slots: KeySlot[]): Promise<(name: string) => DataKey> {
    const keys = await this.loader.bySlots((slots[0] as KeySlot).organizationId, slots);
    for (const [slot, key] of keys) this.cache.put(key, slot);
    return (name) => keys.get(name) as DataKey;
  }

  private async loadIds(refs: KeyRef[]): Promise<(name: string) => DataKey | typeof CONTENT_DESTROYED | undefined> {
    const { organizationId } = refs[0] as KeyRef;
    const keys = await this.loader.byIds(
      organizationId,
      refs.map(({ id }) => id),
    );
    for (const key of keys.values()) if (key !== CONTENT_DESTROYED) this.cache.put(key);
    return (name) => keys.get(name.slice(organizationId.length + 1));
  }
}

function nameOf({ organizationId, id }: KeyRef): string {
  return `${organizationId}|${id}`;
}

function looksSealed(sealed: Buffer): boolean {
  try {
    return keyIdOf(sealed).length > 0;
  } catch {
    return false;
  }
}

function openWith(key: DataKey | typeof CONTENT_DESTROYED | undefined, place: readonly Part[], sealed: Buffer): Opened {
  if (key === CONTENT_DESTROYED) return CONTENT_DESTROYED;
  if (!key) throw decryptFailed();
  return key.open(place, sealed);
}

/** Loads the slots of each organization in one call, all organizations at the same time. */
async function perOrganization(
  slots: readonly KeySlot[],
  load: (slots: KeySlot[]) => Promise<DataKey[]>,
): Promise<Map<KeySlot, DataKey>> {
  const groups = Map.groupBy(slots, (slot) => slot.organizationId);
  const loaded = new Map<KeySlot, DataKey>();
  await Promise.all(
    [...groups.values()].map(async (group) => {
      const keys = await load(group);
      group.forEach((slot, index) => loaded.set(slot, keys[index] as DataKey));
    }),
  );
  return loaded;
}
