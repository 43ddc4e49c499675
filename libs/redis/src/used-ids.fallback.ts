import type { Log } from '@relais/observability';
import { LocalUsedIds } from './used-ids.local.js';
import type { UsedIds } from './used-ids.js';
import { WhileShared } from './while-shared.js';

export interface FallbackUsedIdsOptions {
  /** The ids all replicas share; undefined when there is no Redis at all. */
  shared: UsedIds | undefined;
  log: Log;
  nowMs?: () => number;
  /** Ids that this replica remembers at most. */
  maxIds?: number;
}

/**
 * `first`: nobody used it; `first_here`: nobody on this replica, and the others cannot be asked; `again`: it was used;
 * `full`: nobody knows, because this replica has no room for it and the others cannot be asked.
 */
export type Use = 'first' | 'first_here' | 'again' | 'full';

/** This replica's own memory first, then that of all while Redis answers within 250 ms. */
export class FallbackUsedIds {
  private readonly shared: UsedIds | undefined;
  private readonly local: LocalUsedIds;
  private readonly whileShared: WhileShared;

  constructor({ shared, log, nowMs, maxIds }: FallbackUsedIdsOptions) {
    this.shared = shared;
    this.local = new LocalUsedIds(nowMs, maxIds);
    this.whileShared = new WhileShared({ log, name: 'used_ids', ...(nowMs ? { nowMs } : {}) });
  }

  async use(id: string, forMs: number): Promise<Use> {
    const here = this.useHere(id, forMs);
    const { shared } = this;
    if (here === 'again' || !shared) return here;
    const isFirst = await this.whileShared.ask(() => shared.use(id, forMs));
    if (isFirst === undefined) return here;
    return isFirst ? 'first' : 'again';
  }

  /** Asks this replica's memory only, for what is harmless when it is used once on each. */
  useHere(id: string, forMs: number): Exclude<Use, 'first'> {
    const use = this.local.remember(id, forMs);
    return use === 'first' ? 'first_here' : use;
  }
}
