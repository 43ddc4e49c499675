import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { readPoolsOf } from '@relais/contracts';
import type { PoolId } from '@relais/kernel';
import type { z } from 'zod';
import { readPersons } from '../contact-policy/contact-rows.postgres.js';
import { Database } from '../database/database.js';

/** Tells services which pools somebody is in. */
@Injectable()
export class ReadPoolsOfHandler {
  constructor(private readonly db: Database) {}

  @Serves(readPoolsOf)
  async execute({
    organizationId,
    userId,
    poolIds,
  }: z.output<typeof readPoolsOf.input>): Promise<{ poolIds: PoolId[] }> {
    const people = await this.db.within(organizationId, (tx) => readPersons(tx, organizationId, [userId]));
    const person = people.get(userId);
    const own = new Set(person?.isActive ? person.poolIds : []);
    return { poolIds: poolIds.filter((id) => own.has(id)) };
  }
}
