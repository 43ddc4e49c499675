import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { checkContacts } from '@relais/contracts';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { forbidden } from '../permissions/actor.postgres.js';
import { readPersons, readRules } from './contact-rows.postgres.js';
import { decide } from './decide.js';

type Answer = z.input<typeof checkContacts.output>;

/** Answers for many people at once: two statements, however many are asked about. */
@Injectable()
export class CheckContactsHandler {
  constructor(private readonly db: Database) {}

  @Serves(checkContacts)
  check({ userIds, verb }: z.output<typeof checkContacts.input>, { principal }: RequestContext): Promise<Answer> {
    const { organizationId, userId } = principal;
    return this.db.within(organizationId, async (tx) => {
      const people = await readPersons(tx, organizationId, [...userIds, userId]);
      const from = people.get(userId);
      if (!from?.isActive) throw forbidden('this account is not active');
      const rules = await readRules(tx, organizationId, from.poolIds);
      const answer: Answer = { allowed: [], refused: [], hasBarriers: rules.mode !== 'open' };
      for (const id of new Set(userIds)) {
        const to = people.get(id);
        if (!to?.isActive || !decide(rules, from, to, 'see').allowed) continue;
        const { allowed, rule } = decide(rules, from, to, verb);
        if (allowed) answer.allowed.push(id);
        else answer.refused.push({ userId: id, rule });
      }
      return answer;
    });
  }
}
