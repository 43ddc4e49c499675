import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type PeopleQuota, readPeopleQuota, setPeopleQuota } from '@relais/contracts';
import { Clock } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { actorOrBotWith } from '../permissions/actor.postgres.js';
import { lockOrganization } from '../users/user-rows.postgres.js';
import { countActivePeople, deleteQuota, findQuota, writeQuota } from './quota-rows.postgres.js';

const SCOPE = 'people-quota:write';

/** How many people the organization may have. Who is here stays, also when they are more. */
@Injectable()
export class PeopleQuotasHandler {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly freshness: Freshness,
  ) {}

  @Serves(readPeopleQuota)
  read(_: object, { principal }: RequestContext): Promise<PeopleQuota> {
    return this.db.within(principal.organizationId, async (tx) => {
      await actorOrBotWith(tx, principal, 'manage_policies', SCOPE);
      return quotaOf(tx, principal);
    });
  }

  /** The same once more changes nothing. */
  @Serves(setPeopleQuota)
  set({ maxPeople }: z.output<typeof setPeopleQuota.input>, { principal }: RequestContext): Promise<PeopleQuota> {
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      const isBot = (await actorOrBotWith(tx, principal, 'manage_policies', SCOPE)) === 'bot';
      if (!isBot) await this.freshness.assertFresh(tx, principal);
      await lockOrganization(tx, organizationId);
      const before = (await findQuota(tx, organizationId))?.max_people ?? null;
      if (before !== maxPeople) await this.write(tx, principal, before, maxPeople);
      return quotaOf(tx, principal);
    });
  }

  private async write(tx: Tx, principal: Principal, before: number | null, after: number | null): Promise<void> {
    const { organizationId, userId } = principal;
    const said = { updated_at: this.clock.now(), updated_by: userId };
    if (after === null) await deleteQuota(tx, organizationId);
    else await writeQuota(tx, organizationId, { max_people: after, ...said });
    await recordFact(tx, organizationId, {
      ...{ actor: actorSubject(principal), action: 'people-quota.changed' },
      ...{ object: { kind: 'organization', id: organizationId }, before: { maxPeople: before } },
      after: { maxPeople: after },
    });
  }
}

async function quotaOf(tx: Tx, { organizationId }: Principal): Promise<PeopleQuota> {
  const found = await findQuota(tx, organizationId);
  return {
    ...{ maxPeople: found?.max_people ?? null, people: await countActivePeople(tx, organizationId) },
    ...(found && { updatedAt: found.updated_at.toISOString(), updatedBy: found.updated_by }),
  };
}
