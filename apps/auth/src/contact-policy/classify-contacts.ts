import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { classifyContacts } from '@relais/contracts';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { apartness, classNameOf } from './classify.js';
import { readPersons, readRules } from './contact-rows.postgres.js';

type Answer = z.input<typeof classifyContacts.output>;

/** Tells services which people may not be in one conversation: two statements, however many people. */
@Injectable()
export class ClassifyContactsHandler {
  constructor(private readonly db: Database) {}

  @Serves(classifyContacts)
  classify({ organizationId, userIds, known }: z.output<typeof classifyContacts.input>): Promise<Answer> {
    return this.db.within(organizationId, async (tx) => {
      const rules = await readRules(tx, organizationId, 'all');
      const people = await readPersons(tx, organizationId, userIds);
      const indexOf = new Map(known.map((name, index) => [name, index]));
      const classOf = userIds.map((id) => {
        const person = people.get(id);
        if (!person) return -1;
        const name = classNameOf(person);
        const index = indexOf.get(name) ?? indexOf.size;
        indexOf.set(name, index);
        return index;
      });
      const classes = [...indexOf.keys()];
      return { hasBarriers: rules.mode !== 'open', classes, classOf, apart: apartness(rules, classes) };
    });
  }
}
