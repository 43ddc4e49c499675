import type { OrganizationId, UserId } from '@relais/kernel';
import type { Log } from '@relais/observability';
import type { Database } from '../database/database.js';
import type { PersonalData } from '../sealing/personal-data.js';
import { indexNames, unindexedNames, type WrittenName } from './name-index.postgres.js';

/** People in one transaction: it holds their rows for some milliseconds. */
const BATCH = 200;

/**
 * Makes people findable by name whose beginnings nobody has written down: a migration cannot open names, and a release before
 * this one renames without them. Any replica may do it, at the same time, too, and it may end at any moment.
 */
export class NameIndexing {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly log: Log,
  ) {}

  /** Never throws: what could not be done, and whose names cannot be opened, is in the log and tried again the next time. */
  async run(organizationId: OrganizationId, signal: AbortSignal): Promise<void> {
    try {
      await this.index(organizationId, signal);
    } catch (error) {
      this.log.warn({ event: 'names.failed', organizationId, error });
    }
  }

  private async index(organizationId: OrganizationId, signal: AbortSignal): Promise<void> {
    let after: UserId | null = null;
    const counts = { indexed: 0, unreadable: 0 };
    while (!signal.aborted) {
      const written = await this.next(organizationId, after);
      if (written.length === 0) break;
      after = written.at(-1)?.id ?? null;
      const names = await this.personal.sealedNames(organizationId, written);
      counts.indexed += await this.db.within(organizationId, (tx) => indexNames(tx, organizationId, names));
      counts.unreadable += written.length - names.size;
    }
    if (counts.indexed > 0) this.log.info({ event: 'names.indexed', organizationId, count: counts.indexed });
    if (counts.unreadable > 0) this.log.warn({ event: 'names.unreadable', organizationId, count: counts.unreadable });
  }

  private next(organizationId: OrganizationId, after: UserId | null): Promise<WrittenName[]> {
    return this.db.within(organizationId, (tx) => unindexedNames(tx, organizationId, { after, limit: BATCH }));
  }
}
