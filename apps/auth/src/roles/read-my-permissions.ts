import { Injectable } from '@nestjs/common';
import type { readMyPermissions } from '@relais/contracts';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { actorOf, poolsIn } from '../permissions/actor.postgres.js';

/** What the caller may do, and where. */
@Injectable()
export class ReadMyPermissionsHandler {
  constructor(private readonly db: Database) {}

  async execute(principal: Principal): Promise<z.input<typeof readMyPermissions.output>> {
    const actor = await this.db.within(principal.organizationId, (tx) => actorOf(tx, principal));
    const permissions = [...actor.grants].map(([permission, reach]) => {
      const poolIds = poolsIn(reach);
      return { permission, ...(poolIds ? { poolIds } : {}) };
    });
    return { role: actor.role, permissions };
  }
}
