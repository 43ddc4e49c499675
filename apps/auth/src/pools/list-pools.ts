import { Injectable } from '@nestjs/common';
import { withOrganization } from '@relais/database';
import type { Principal } from '@relais/security';
import { DataSource } from 'typeorm';
import { actorWith } from '../permissions/actor.js';
import { PersonalData } from '../sealing/personal-data.js';
import { listPoolRows, type Pool, toPools } from './pool-rows.postgres.js';

/** All pools, the oldest first. For those who manage them. */
@Injectable()
export class ListPoolsHandler {
  constructor(
    private readonly db: DataSource,
    private readonly personal: PersonalData,
  ) {}

  async execute(principal: Principal): Promise<{ items: Pool[] }> {
    const { organizationId } = principal;
    const found = await withOrganization(this.db, organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_pools');
      return listPoolRows(tx, organizationId);
    });
    return { items: await toPools(this.personal, organizationId, found) };
  }
}
