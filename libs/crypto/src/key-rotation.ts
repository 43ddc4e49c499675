import type { OrganizationId } from '@relais/kernel';
import type { Log } from '@relais/observability';
import type { KeyProvider } from './key-provider.js';
import type { KeyStore, StoredKey } from './key-store.js';

const ORGANIZATION_PAGE = 500;

export interface Rewrapped {
  rewrapped: number;
  /** Keys that could not be opened and stay as they are; each is logged. */
  failed: number;
}

/** Moves all data keys to the active KEK version while everything goes on. */
export class KeyRotation {
  constructor(
    private readonly provider: KeyProvider,
    private readonly store: KeyStore,
    private readonly log: Log,
  ) {}

  /**
   * Rewraps, over all organizations, every key wrapped with a version below the active one. Reads `batchSize` keys at a
   * time. May be stopped, repeated, and run twice at once: what is done stays done. The content itself is not touched.
   */
  async rewrapAll({ batchSize, signal }: { batchSize: number; signal?: AbortSignal }): Promise<Rewrapped> {
    const total: Rewrapped = { rewrapped: 0, failed: 0 };
    for await (const organizationId of this.organizations(signal)) {
      for await (const key of this.outdated(organizationId, batchSize, signal)) {
        const outcome = await this.rewrap(organizationId, key);
        if (outcome !== 'unchanged') total[outcome] += 1;
      }
    }
    this.log.info({ event: 'kek.rewrapped', count: total.rewrapped });
    return total;
  }

  /** How many keys still need an older version. At 0, seen after every replica knows the active version, older ones may go. */
  async countOutdated(): Promise<number> {
    let count = 0;
    for await (const organizationId of this.organizations()) {
      for await (const _ of this.outdated(organizationId, ORGANIZATION_PAGE)) count += 1;
    }
    return count;
  }

  private async *organizations(signal?: AbortSignal): AsyncGenerator<OrganizationId> {
    let after: OrganizationId | null = null;
    for (;;) {
      const page: OrganizationId[] = await this.store.organizations(after, ORGANIZATION_PAGE);
      for (const organizationId of page) {
        if (signal?.aborted) return;
        yield organizationId;
      }
      if (page.length < ORGANIZATION_PAGE) return;
      after = page.at(-1) ?? null;
    }
  }

  private async *outdated(
    organizationId: OrganizationId,
    limit: number,
    signal?: AbortSignal,
  ): AsyncGenerator<StoredKey> {
    const activeVersion = await this.provider.activeVersion();
    let after: string | null = null;
    for (;;) {
      const page: StoredKey[] = await this.store.outdated(organizationId, activeVersion, after, limit);
      for (const key of page) {
        if (signal?.aborted) return;
        yield key;
      }
      if (page.length < limit) return;
      after = page.at(-1)?.id ?? null;
    }
  }

  /** `unchanged`: somebody else was faster, or the key was destroyed meanwhile. */
  private async rewrap(organizationId: OrganizationId, key: StoredKey): Promise<keyof Rewrapped | 'unchanged'> {
    try {
      const next = await this.provider.rewrap(organizationId, key.id, key);
      return (await this.store.rewrap(organizationId, key.id, key, next)) ? 'rewrapped' : 'unchanged';
    } catch (error) {
      this.log.error({ event: 'kek.rewrap_failed', organizationId, version: key.kekVersion, error });
      return 'failed';
    }
  }
}
