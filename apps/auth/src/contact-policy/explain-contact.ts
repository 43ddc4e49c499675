import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type ContactRule, type ContactVerb, explainContact } from '@relais/contracts';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { actorSomewhere, lacksPermission, poolsIn } from '../permissions/actor.postgres.js';
import { type PersonRow, readPersons, readRules } from './contact-rows.postgres.js';
import { type ContactRules, decide, type Decision } from './decide.js';

type Answer = z.input<typeof explainContact.output>;

/** Why somebody may reach somebody else, or may not: for those who see the details of both. */
@Injectable()
export class ExplainContactHandler {
  constructor(private readonly db: Database) {}

  @Serves(explainContact)
  explain({ from, to, verb }: z.output<typeof explainContact.input>, { principal }: RequestContext): Promise<Answer> {
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      const { reach } = await actorSomewhere(tx, principal, 'see_details');
      const pools = poolsIn(reach);
      const people = await readPersons(tx, organizationId, [from, to]);
      const [one, other] = [people.get(from), people.get(to)];
      if (!one || !other) throw pools ? lacksPermission('see_details') : explainContact.fail('user_not_found');
      const isInside = ({ poolIds }: PersonRow) => !pools || poolIds.some((pool) => pools.includes(pool));
      if (!isInside(one) || !isInside(other)) throw lacksPermission('see_details');
      return answer(await readRules(tx, organizationId, one.poolIds), one, other, verb);
    });
  }
}

function answer(rules: ContactRules, from: PersonRow, to: PersonRow, verb: ContactVerb): Answer {
  const isActive = from.isActive && to.isActive;
  const { allowed, rule, decisive }: Decision = isActive
    ? decide(rules, from, to, verb)
    : { allowed: false, rule: 'not_active' };
  const pools = { from: [...from.poolIds], to: [...to.poolIds], ...(decisive ? { decisive } : {}) };
  const says = `The first person may ${allowed ? '' : 'not '}${verb} the second: ${BECAUSE[rule]}.`;
  return { allowed, rule, mode: rules.mode, pools, says };
}

const BECAUSE: Readonly<Record<ContactRule, string>> = {
  self: 'they are the same person',
  open: 'in this organization everybody may reach everybody',
  administrator: 'owners and administrators reach everybody',
  to_administrator: 'everybody may reach owners and administrators',
  shared_pool: 'they are in the same pool',
  matrix: 'the table of pools allows it between their pools',
  bot_audience: 'the bot was granted to the person',
  no_shared_pool: 'they are in no pool together',
  not_in_matrix: 'the table of pools allows it between none of their pools',
  closed: 'members reach owners and administrators only',
  not_in_bot_audience: 'the bot was not granted to the person',
  not_active: 'one of them is not active',
};
