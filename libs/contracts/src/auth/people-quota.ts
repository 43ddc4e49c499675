import { z } from 'zod';
import { defineRequest } from '../define.js';
import { timestamp, userId } from '../primitives.js';

const maxPeople = z.int().min(1).max(10_000_000).nullable();

const peopleQuota = z.object({
  /** Nobody comes in or back beyond so many who are active; null where there is no end. */
  maxPeople,
  /** People who are active at this moment; bots are none. More than `maxPeople` where that was lowered: nobody is put out. */
  people: z.int(),
  /** When it was said, and by whom, a person or a bot. */
  updatedAt: timestamp.optional(),
  updatedBy: userId.optional(),
});
export type PeopleQuota = z.input<typeof peopleQuota>;

export const readPeopleQuota = defineRequest({
  subject: 'rpc.auth.people-quota.read.v1',
  access: 'user',
  bots: ['people-quota:write'],
  input: z.strictObject({}),
  output: peopleQuota,
  errors: {},
});

/** Says how many people there may be. Who is here stays, also when they are more. */
export const setPeopleQuota = defineRequest({
  subject: 'rpc.auth.people-quota.set.v1',
  access: 'user',
  bots: ['people-quota:write'],
  input: z.strictObject({ maxPeople }),
  output: peopleQuota,
  errors: {},
});
