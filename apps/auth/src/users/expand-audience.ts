import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { expandAudience } from '@relais/contracts';
import { type OrganizationId, type UserId } from '@relais/kernel';
import type { z } from 'zod';
import { readPersons, readRules } from '../contact-policy/contact-rows.postgres.js';
import { decide } from '../contact-policy/decide.js';
import { Database, type Tx } from '../database/database.js';
import { forbidden } from '../permissions/actor.postgres.js';
import { audiencePage } from './user-rows.postgres.js';

type Asked = z.output<typeof expandAudience.input>;

/** 390 kB of ids, of the megabyte that a message may have. */
const PAGE = 10_000;

/** Who is meant by people, pools or everyone, of those whom the asker may alarm. */
@Injectable()
export class ExpandAudienceHandler {
  constructor(private readonly db: Database) {}

  @Serves(expandAudience)
  execute(asked: Asked): Promise<z.input<typeof expandAudience.output>> {
    const { organizationId, from } = asked;
    return this.db.within(organizationId, async (tx) => {
      const page = await audiencePage(tx, organizationId, asked, PAGE + 1);
      const userIds = page.slice(0, PAGE);
      return {
        userIds: from ? await allowedBy(tx, organizationId, from, userIds) : userIds,
        ...(page.length > PAGE ? { next: userIds.at(-1) } : {}),
      };
    });
  }
}

/** A person who was put out alarms nobody. */
async function allowedBy(
  tx: Tx,
  organizationId: OrganizationId,
  from: UserId,
  userIds: readonly UserId[],
): Promise<UserId[]> {
  const asker = (await readPersons(tx, organizationId, [from])).get(from);
  if (!asker?.isActive) throw forbidden('this account is not active');
  const rules = await readRules(tx, organizationId, asker.poolIds);
  if (rules.mode === 'open') return [...userIds];
  const people = await readPersons(tx, organizationId, userIds);
  return userIds.filter((id) => {
    const to = people.get(id);
    return to !== undefined && decide(rules, asker, to, 'alarm').allowed;
  });
}
