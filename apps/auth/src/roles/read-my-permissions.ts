import { Injectable } from '@nestjs/common';
import type { readMyPermissions } from '@relais/contracts';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database } from '../database/database.js';
import { actorOf, poolsIn } from '../permissions/actor.postgres.js';

/** What the caller may do, and where, and whether sensitive things now. */
@Injectable()
export class ReadMyPermissionsHandler {
  constructor(
    private readonly db: Database,
    private readonly freshness: Freshness,
  ) {}

  async execute(principal: Principal): Promise<z.input<typeof readMyPermissions.output>> {
    const { actor, isFresh } = await this.db.within(principal.organizationId, async (tx) => ({
      actor: await actorOf(tx, principal),
      isFresh: await this.freshness.isFresh(tx, principal),
    }));
    const permissions = [...actor.grants].map(([permission, reach]) => {
      const poolIds = poolsIn(reach);
      return { permission, ...(poolIds ? { poolIds } : {}) };
    });
    return { role: actor.role, permissions, isFresh };
  }
}
