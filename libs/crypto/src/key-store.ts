import type { OrganizationId } from '@relais/kernel';
import type { Wrapping } from './key-provider.js';

/** What one data key covers: a thing (a conversation, the users of an organization) and a retention class. */
export interface KeyScope {
  organizationId: OrganizationId;
  /** `snake_case`, at most 40 characters, such as `conversation`. */
  kind: string;
  /** A UUID. */
  id: string;
  /** `snake_case`, at most 35 characters: content that is deleted at different times has different keys. */
  retentionClass: string;
  /** How many days one key seals before the next is made, 1 to 31; a month of the calendar where it is not given. */
  keyDays?: number | undefined;
}

/** A scope in one period of its keys (UTC): where exactly one living key exists. */
export interface KeySlot extends Omit<KeyScope, 'keyDays'> {
  /** The first day of the period, `YYYY-MM-DD`. */
  period: string;
  /** The day after its last one: nobody seals in this slot from then on. */
  ends: string;
}

/** A data key at rest. */
export interface StoredKey extends Wrapping {
  id: string;
  slot: KeySlot;
}

/** What is left of a destroyed key: that it was there. */
export interface DestroyedKey {
  id: string;
  wrapped: null;
}

/** Which keys of an organization to destroy; what is left out does not narrow. */
export interface KeySelection {
  kind?: string;
  id?: string;
  retentionClass?: string;
  /** Only those whose period had ended when this day began, `YYYY-MM-DD`. */
  endedBy?: string;
}

export const slotName = ({ organizationId, kind, id, retentionClass, period }: KeySlot): string =>
  `${organizationId}|${kind}|${id}|${retentionClass}|${period}`;

const DAY_MS = 86_400_000;
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Where a scope is sealed at an instant. Periods of one length lie in slots of their own, so that each ends when it says. */
export function slotAt({ keyDays, ...scope }: KeyScope, at: Date): KeySlot {
  if (keyDays === undefined) {
    const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
    return { ...scope, period: dayOf(Date.UTC(year, month)), ends: dayOf(Date.UTC(year, month + 1)) };
  }
  const lengthMs = keyDays * DAY_MS;
  const beganMs = Math.floor(at.getTime() / lengthMs) * lengthMs;
  const retentionClass = `${scope.retentionClass}_${keyDays}d`;
  return { ...scope, retentionClass, period: dayOf(beganMs), ends: dayOf(beganMs + lengthMs) };
}

/**
 * Where wrapped data keys live: a database of its own in the cluster, memory in unit tests. No method sees another
 * organization's keys, whatever it is asked for.
 */
export abstract class KeyStore {
  /** The living keys of these slots, which must be of this organization. Slots without one are left out. One statement. */
  abstract find(organizationId: OrganizationId, slots: readonly KeySlot[]): Promise<StoredKey[]>;

  /** Keys by id, destroyed ones included; unknown ids are left out. One statement. */
  abstract findByIds(organizationId: OrganizationId, ids: readonly string[]): Promise<(StoredKey | DestroyedKey)[]>;

  /**
   * Adds keys where their slot has none, and returns the living key of every slot: the new one or the one that was there.
   * However many add at the same time, all get the same key.
   */
  abstract add(organizationId: OrganizationId, keys: readonly StoredKey[]): Promise<StoredKey[]>;

  /**
   * Overwrites the key material for good and keeps the ids, so that readers can tell "destroyed" from "unknown". The slots
   * are free for new keys. At most `limit` keys where that is given. Returns the ids; destroying again returns none.
   */
  abstract destroy(organizationId: OrganizationId, selection: KeySelection, limit?: number): Promise<string[]>;

  /** How many living keys `destroy` would destroy. */
  abstract count(organizationId: OrganizationId, selection: KeySelection): Promise<number>;

  /** Organizations that have or had keys, in a fixed order, after `after`. */
  abstract organizations(after: OrganizationId | null, limit: number): Promise<OrganizationId[]>;

  /** Living keys wrapped with a version below `activeVersion`, by id, after `afterId`. */
  abstract outdated(
    organizationId: OrganizationId,
    activeVersion: number,
    afterId: string | null,
    limit: number,
  ): Promise<StoredKey[]>;

  /** Exchanges a wrapping. Returns false, changing nothing, when the key is no longer as `from` or was destroyed. */
  abstract rewrap(organizationId: OrganizationId, id: string, from: Wrapping, to: Wrapping): Promise<boolean>;
}
