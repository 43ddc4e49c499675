import { Injectable } from '@nestjs/common';
import { renamePool } from '@relais/contracts';
import type { PoolId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Database } from '../database/database.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { actorWith } from '../permissions/actor.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import { findPool, type Pool, toPool, updatePoolName } from './pool-rows.postgres.js';

@Injectable()
export class RenamePoolHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
  ) {}

  async execute(principal: Principal, { poolId, name }: { poolId: PoolId; name: string }): Promise<Pool> {
    const { organizationId } = principal;
    const nameSealed = await this.personal.seal({ organizationId, column: 'pool.name', rowId: poolId }, name);
    const found = await this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_pools', { poolIds: [poolId] });
      await updatePoolName(tx, organizationId, poolId, nameSealed);
      const renamed = await findPool(tx, organizationId, poolId);
      if (renamed)
        await recordFact(tx, organizationId, {
          actor: actorSubject(principal),
          action: 'pool.renamed',
          object: { kind: 'pool', id: poolId },
        });
      return renamed;
    });
    if (!found) throw renamePool.fail('pool_not_found');
    return toPool(this.personal, organizationId, found);
  }
}
