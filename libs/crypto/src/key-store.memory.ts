import type { OrganizationId } from '@relais/kernel';
import type { Wrapping } from './key-provider.js';
import { type DestroyedKey, type KeySelection, type KeySlot, KeyStore, slotName, type StoredKey } from './key-store.js';

interface Kept {
  organizationId: OrganizationId;
  key: StoredKey;
  isDestroyed: boolean;
}

/** A keystore in the process, for tests. */
export class MemoryKeyStore extends KeyStore {
  private readonly kept: Kept[] = [];

  async find(organizationId: OrganizationId, slots: readonly KeySlot[]): Promise<StoredKey[]> {
    const names = new Set(slots.map(slotName));
    return this.living(organizationId)
      .filter((key) => names.has(slotName(key.slot)))
      .map(copy);
  }

  async findByIds(organizationId: OrganizationId, ids: readonly string[]): Promise<(StoredKey | DestroyedKey)[]> {
    return this.kept
      .filter((kept) => kept.organizationId === organizationId && ids.includes(kept.key.id))
      .map(({ key, isDestroyed }) => (isDestroyed ? { id: key.id, wrapped: null } : copy(key)));
  }

  async add(organizationId: OrganizationId, keys: readonly StoredKey[]): Promise<StoredKey[]> {
    for (const key of keys) {
      const taken = this.living(organizationId).some((living) => slotName(living.slot) === slotName(key.slot));
      if (!taken) this.kept.push({ organizationId, key: copy(key), isDestroyed: false });
    }
    return this.find(
      organizationId,
      keys.map((key) => key.slot),
    );
  }

  async destroy(organizationId: OrganizationId, selection: KeySelection, limit = Infinity): Promise<string[]> {
    const chosen = this.selected(organizationId, selection).slice(0, limit);
    for (const kept of chosen) {
      kept.isDestroyed = true;
      kept.key.wrapped.fill(0);
    }
    return chosen.map((kept) => kept.key.id);
  }

  async count(organizationId: OrganizationId, selection: KeySelection): Promise<number> {
    return this.selected(organizationId, selection).length;
  }

  async organizations(after: OrganizationId | null, limit: number): Promise<OrganizationId[]> {
    const all = [...new Set(this.kept.map((kept) => kept.organizationId))].sort();
    return all.filter((id) => after === null || id > after).slice(0, limit);
  }

  async outdated(
    organizationId: OrganizationId,
    activeVersion: number,
    afterId: string | null,
    limit: number,
  ): Promise<StoredKey[]> {
    return this.living(organizationId)
      .filter((key) => key.kekVersion < activeVersion && (afterId === null || key.id > afterId))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, limit)
      .map(copy);
  }

  async rewrap(organizationId: OrganizationId, id: string, from: Wrapping, to: Wrapping): Promise<boolean> {
    const key = this.living(organizationId).find((living) => living.id === id);
    if (!key || key.kekVersion !== from.kekVersion || !key.wrapped.equals(from.wrapped)) return false;
    key.kekVersion = to.kekVersion;
    key.wrapped = Buffer.from(to.wrapped);
    return true;
  }

  private selected(organizationId: OrganizationId, selection: KeySelection): Kept[] {
    return this.kept.filter(
      (kept) => kept.organizationId === organizationId && !kept.isDestroyed && isSelected(kept.key.slot, selection),
    );
  }

  private living(organizationId: OrganizationId): StoredKey[] {
    return this.kept
      .filter((kept) => kept.organizationId === organizationId && !kept.isDestroyed)
      .map((kept) => kept.key);
  }
}

const copy = (key: StoredKey): StoredKey => ({ ...key, slot: { ...key.slot }, wrapped: Buffer.from(key.wrapped) });

const isSelected = (slot: KeySlot, { kind, id, retentionClass, endedBy }: KeySelection): boolean =>
  (kind === undefined || slot.kind === kind) &&
  (id === undefined || slot.id === id) &&
  (retentionClass === undefined || slot.retentionClass === retentionClass) &&
  (endedBy === undefined || slot.ends <= endedBy);
