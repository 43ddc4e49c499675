import type { OrganizationId } from '@relais/kernel';
import type { Wrapping } from './key-provider.js';

/** What one data key covers: a thing (a conversation, the users of an organization) and a retention class. */
export interface KeyScope {
  organizationId: OrganizationId;
  /** `snake_case`, at most 40 characters, such as `conversation`. */
  kind: string;
  /** A UUID. */
  id: string;
  /** `snake_case`, at most 40 characters: content that is deleted at different times has different keys. */
  retentionClass: string;
}

/** A scope in one month (UTC): where exactly one living key exists. */
export interface KeySlot extends KeyScope {
  /** The first day of the month, `YYYY-MM-DD`. */
  period: string;
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
  /** Only months before this one, `YYYY-MM-DD`. */
  beforePeriod?: string;
}

export const slotName = ({ organizationId, kind, id, retentionClass, period }: KeySlot): string =>
  `${organizationId}|${kind}|${id}|${retentionClass}|${period}`;

/** The month of an instant, as `KeySlot.period` writes it. */
export const periodOf = (at: Date): string => `${at.toISOString().slice(0, 7)}-01`;

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
   * are free for new keys. Returns the ids; destroying again returns none.
   */
  abstract destroy(organizationId: OrganizationId, selection: KeySelection): Promise<string[]>;

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
