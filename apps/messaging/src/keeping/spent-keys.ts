import type { Envelope } from '@relais/crypto';
import type { Database } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import { SAID_SCOPE } from '../entries/entry-sealing.js';
import { recordFact } from '../facts/record-fact.js';
import { keysDestroyed } from '../metrics.js';
import { claimSpentKeys, dayOfSpentKeys, unclaimSpentKeys } from './keeping-rows.postgres.js';

/**
 * Destroys keys of what was said once nothing that they sealed is kept any more: then it is gone from backups of the database as
 * well, as soon as backups of the keystore are. At most once a day for an organization, by one of all replicas. Titles, and the
 * lines that stay, have keys of their own.
 */
export class SpentKeys {
  constructor(
    private readonly db: Database,
    private readonly envelope: Pick<Envelope, 'countEnded' | 'destroyEnded'>,
  ) {}

  /** The fact comes first: no key goes without one. A replica that ends in between leaves its keys to the next day. */
  async destroy(organizationId: OrganizationId): Promise<void> {
    const day = await this.db.within(organizationId, (tx) => dayOfSpentKeys(tx, organizationId));
    if (day === null) return;
    const count = await this.envelope.countEnded(organizationId, SAID_SCOPE, day);
    if (!(await this.claim(organizationId, day, count)) || count === 0) return;
    try {
      keysDestroyed(await this.envelope.destroyEnded(organizationId, SAID_SCOPE, day));
    } catch (error) {
      await this.db.within(organizationId, (tx) => unclaimSpentKeys(tx, organizationId, day));
      throw error;
    }
  }

  private claim(organizationId: OrganizationId, day: string, count: number): Promise<boolean> {
    return this.db.within(organizationId, async (tx) => {
      const isOurs = await claimSpentKeys(tx, organizationId, day);
      if (isOurs && count > 0)
        await recordFact(tx, organizationId, {
          ...{ actor: { kind: 'retention', id: 'retention' }, action: 'data-keys.destroyed' },
          after: { endedBy: day, keys: count },
        });
      return isOurs;
    });
  }
}
