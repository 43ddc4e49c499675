import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { id, label, nothing, pageOf, pageRequest, timestamp, userId } from '../primitives.js';

export const qualificationId = id();

/** What somebody is able or allowed to do, in the words of the organization: driver, respiratory protection, paramedic. */
export const qualification = z.strictObject({ name: label(LIMITS.titleBytes) });

const stored = z.object({ id: qualificationId, name: z.string(), holders: z.int() });
const notFound = { forbidden: 'forbidden', qualification_not_found: 'not_found' } as const;

export const putQualification = defineRequest({
  subject: 'rpc.alerting.qualification.put.v1',
  access: 'user',
  input: z.strictObject({ qualificationId, qualification }),
  output: stored,
  errors: { forbidden: 'forbidden', too_many_qualifications: 'conflict' },
});

/** For whoever manages alarms or may raise them; `holders` counts those whose qualification is valid now. */
export const listQualifications = defineRequest({
  subject: 'rpc.alerting.qualification.list.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ items: z.array(stored) }),
  errors: { forbidden: 'forbidden' },
});

/** Nobody holds it any more; positions of alarms under way that ask for it stay unfilled. */
export const deleteQualification = defineRequest({
  subject: 'rpc.alerting.qualification.delete.v1',
  access: 'user',
  input: z.strictObject({ qualificationId }),
  output: nothing,
  errors: notFound,
});

/** Somebody holds a qualification, until an instant or for good. Saying it again changes until when. */
export const putQualificationHolder = defineRequest({
  subject: 'rpc.alerting.qualification.hold.v1',
  access: 'user',
  input: z.strictObject({ qualificationId, userId, validUntil: timestamp.optional() }),
  output: nothing,
  errors: { ...notFound, user_not_found: 'not_found' },
});

export const deleteQualificationHolder = defineRequest({
  subject: 'rpc.alerting.qualification.release.v1',
  access: 'user',
  input: z.strictObject({ qualificationId, userId }),
  output: nothing,
  errors: { ...notFound, user_not_found: 'not_found' },
});

export const listQualificationHolders = defineRequest({
  subject: 'rpc.alerting.qualification.holders.v1',
  access: 'user',
  input: z.strictObject({ qualificationId, ...pageRequest }),
  output: pageOf(z.object({ userId, validUntil: timestamp.optional(), isValid: z.boolean() })),
  errors: notFound,
});
