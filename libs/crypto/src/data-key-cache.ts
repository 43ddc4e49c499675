import type { OrganizationId } from '@relais/kernel';
import type { DataKey } from './data-key.js';

/** Keys are handed out this long, and erased a little before they are 5 minutes old. */
const HAND_OUT_MS = 4 * 60_000;
const ERASE_AFTER_MS = HAND_OUT_MS + 45_000;
const SWEEP_INTERVAL_MS = 5_000;
/** How long a key that had to make room may still be used by whoever just got it. */
const FAREWELL_MS = 30_000;
const MAX_CACHED = 9_000;
const MAX_LEAVING = 1_000;

interface Entry {
  key: DataKey;
  slot: string | undefined;
  loadedAtMs: number;
}

interface Leaving extends Entry {
  leftAtMs: number;
}

const nameOf = (organizationId: OrganizationId, id: string): string => `${organizationId}|${id}`;

/**
 * At most 10,000 unwrapped keys, none older than 5 minutes; the least recently used makes room. A key is erased when it
 * leaves, but not under the hands of somebody who got it a moment ago.
 */
export class DataKeyCache {
  private readonly entries = new Map<string, Entry>();
  private readonly slots = new Map<string, string>();
  private leaving: Leaving[] = [];
  private readonly timer: NodeJS.Timeout;

  /** `nowMs` is a clock that never goes back. */
  constructor(
    private readonly nowMs: () => number = () => performance.now(),
    private readonly maxCached: number = MAX_CACHED,
  ) {
    this.timer = setInterval(() => this.sweep(), SWEEP_INTERVAL_MS).unref();
  }

  get size(): number {
    return this.entries.size + this.leaving.length;
  }

  byId(organizationId: OrganizationId, id: string): DataKey | undefined {
    return this.touch(nameOf(organizationId, id));
  }

  /** The key that seals in this slot (one scope in one month), if it is here. */
  bySlot(slot: string): DataKey | undefined {
    const name = this.slots.get(slot);
    return name === undefined ? undefined : this.touch(name);
  }

  put(key: DataKey, slot?: string): void {
    const name = nameOf(key.organizationId, key.id);
    const earlier = this.entries.get(name);
    if (earlier && earlier.key !== key) this.evict(name, earlier);
    const knownSlot = slot ?? earlier?.slot;
    this.entries.set(name, { key, slot: knownSlot, loadedAtMs: this.nowMs() });
    if (knownSlot !== undefined) this.slots.set(knownSlot, name);
    for (const [oldest, entry] of this.entries) {
      if (this.entries.size <= this.maxCached) break;
      this.evict(oldest, entry);
    }
  }

  /** Erases a key now. */
  remove(organizationId: OrganizationId, id: string): void {
    const name = nameOf(organizationId, id);
    const entry = this.entries.get(name);
    if (!entry) return;
    this.forget(name, entry);
    entry.key.erase();
  }

  /** Erases what is due. Runs by itself. */
  sweep(): void {
    const now = this.nowMs();
    for (const [name, entry] of this.entries) {
      if (now - entry.loadedAtMs < ERASE_AFTER_MS) continue;
      this.forget(name, entry);
      entry.key.erase();
    }
    const isDue = (entry: Leaving) => now - entry.leftAtMs >= FAREWELL_MS || now - entry.loadedAtMs >= ERASE_AFTER_MS;
    this.leaving.filter(isDue).forEach(({ key }) => key.erase());
    this.leaving = this.leaving.filter((entry) => !isDue(entry));
  }

  close(): void {
    clearInterval(this.timer);
    for (const { key } of [...this.entries.values(), ...this.leaving]) key.erase();
    this.entries.clear();
    this.slots.clear();
    this.leaving = [];
  }

  private touch(name: string): DataKey | undefined {
    const entry = this.entries.get(name);
    if (!entry || this.nowMs() - entry.loadedAtMs >= HAND_OUT_MS) return undefined;
    this.entries.delete(name);
    this.entries.set(name, entry);
    return entry.key;
  }

  private evict(name: string, entry: Entry): void {
    this.forget(name, entry);
    this.leaving.push({ ...entry, leftAtMs: this.nowMs() });
    if (this.leaving.length > MAX_LEAVING) this.leaving.shift()?.key.erase();
  }

  private forget(name: string, { slot }: Entry): void {
    this.entries.delete(name);
    if (slot !== undefined && this.slots.get(slot) === name) this.slots.delete(slot);
  }
}
