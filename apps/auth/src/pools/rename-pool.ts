import { Injectable } from '@nestjs/common';
import { renamePool } from '@relais/contracts';
import { withOrganization } from '@relais/database';
import type { PoolId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { DataSource } from 'typeorm';
import { rows } from '../database/sql.js';
import { actorWith } from '../permissions/actor.js';
import { PersonalData } from '../sealing/personal-data.js';
import { findPool, type Pool, toPool } from './pool-rows.postgres.js';

@Injectable()
export class RenamePoolHandler {
  constructor(
    private readonly db: DataSource,
    private readonly personal: PersonalData,
  ) {}

  async execute(principal: Principal, { poolId, name }: { poolId: PoolId; name: string }): Promise<Pool> {
    const { organizationId } = principal;
    const nameSealed = await this.personal.seal({ organizationId, column: 'pool.name', rowId: poolId }, name);
    const found = await withOrganization(this.db, organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_pools');
      await rows(tx, 'UPDATE pool p SET name_sealed = $3 WHERE p.organization_id = $1 AND p.id = $2', [
        organizationId,
        poolId,
        nameSealed,
      ]);
      return findPool(tx, organizationId, poolId);
    });
    if (!found) throw renamePool.fail('pool_not_found');
    return toPool(this.personal, organizationId, found);
  }
}
