import { Injectable } from '@nestjs/common';
import { createPool } from '@relais/contracts';
import { withOrganization } from '@relais/database';
import { Clock, type PoolId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { DataSource } from 'typeorm';
import { rows } from '../database/sql.js';
import { EventLog } from '../event-log.js';
import { actorWith } from '../permissions/actor.js';
import { PersonalData } from '../sealing/personal-data.js';
import { findPool, type Pool, type PoolRow, toPool } from './pool-rows.postgres.js';

/** Makes a pool under the caller's id. The same id and name again give the pool there is. */
@Injectable()
export class CreatePoolHandler {
  constructor(
    private readonly db: DataSource,
    private readonly personal: PersonalData,
    private readonly clock: Clock,
    private readonly events: EventLog,
  ) {}

  async execute(principal: Principal, { id, name }: { id: PoolId; name: string }): Promise<Pool> {
    const { organizationId } = principal;
    const nameSealed = await this.personal.seal({ organizationId, column: 'pool.name', rowId: id }, name);
    const { found, isNew } = await withOrganization(this.db, organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_pools');
      const added = await rows(
        tx,
        `INSERT INTO pool (organization_id, id, name_sealed, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (organization_id, id) DO NOTHING RETURNING id`,
        [organizationId, id, nameSealed, this.clock.now()],
      );
      return { found: (await findPool(tx, organizationId, id)) as PoolRow, isNew: added.length > 0 };
    });
    const pool = await toPool(this.personal, organizationId, found);
    if (!isNew && pool.name !== name) throw createPool.fail('pool_id_reused');
    if (isNew) this.events.changed('auth.pool_made', organizationId, principal.userId);
    return pool;
  }
}
