import { Injectable } from '@nestjs/common';
import type { Principal } from '@relais/security';
import { Database } from '../database/database.js';
import { actorSomewhere, poolsIn } from '../permissions/actor.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import { listPoolRows, type Pool, toPools } from './pool-rows.postgres.js';

/** Pools, the oldest first: all for those who manage them, or those that were delegated. */
@Injectable()
export class ListPoolsHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
  ) {}

  async execute(principal: Principal): Promise<{ items: Pool[] }> {
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, async (tx) => {
      const { reach } = await actorSomewhere(tx, principal, 'manage_pools');
      return listPoolRows(tx, organizationId, poolsIn(reach));
    });
    return { items: await toPools(this.personal, organizationId, found) };
  }
}
