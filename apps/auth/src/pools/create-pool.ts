import { Injectable } from '@nestjs/common';
import { createPool } from '@relais/contracts';
import { Clock, type PoolId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Database } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { actorWith } from '../permissions/actor.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import { findPool, insertPool, type Pool, type PoolRow, toPool } from './pool-rows.postgres.js';

/** Makes a pool under the caller's id. The same id and name again give the pool there is. */
@Injectable()
export class CreatePoolHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly clock: Clock,
    private readonly events: EventLog,
  ) {}

  async execute(principal: Principal, { id, name }: { id: PoolId; name: string }): Promise<Pool> {
    const { organizationId } = principal;
    const nameSealed = await this.personal.seal({ organizationId, column: 'pool.name', rowId: id }, name);
    const { found, isNew } = await this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_pools');
      const isNew = await insertPool(tx, { organizationId, id, nameSealed, now: this.clock.now() });
      if (isNew)
        await recordFact(tx, organizationId, {
          actor: actorSubject(principal),
          action: 'pool.made',
          object: { kind: 'pool', id },
        });
      return { found: (await findPool(tx, organizationId, id)) as PoolRow, isNew };
    });
    const pool = await toPool(this.personal, organizationId, found);
    if (!isNew && pool.name !== name) throw createPool.fail('pool_id_reused');
    if (isNew) this.events.changed('auth.pool_made', organizationId, principal.userId);
    return pool;
  }
}
