import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { listPoolIds, readPoolsOf } from '@relais/contracts';
import type { PoolId } from '@relais/kernel';
import type { z } from 'zod';
import { readPersons } from '../contact-policy/contact-rows.postgres.js';
import { Database } from '../database/database.js';
import { listPoolRows } from './pool-rows.postgres.js';

/** Tells services which pools there are, and which somebody is in. */
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

  @Serves(listPoolIds)
  async list({ organizationId }: z.output<typeof listPoolIds.input>): Promise<{ poolIds: PoolId[] }> {
    const found = await this.db.within(organizationId, (tx) => listPoolRows(tx, organizationId));
    return { poolIds: found.map(({ id }) => id) };
  }
}
