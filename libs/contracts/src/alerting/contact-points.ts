import { z } from 'zod';
import { defineRequest } from '../define.js';
import { id, nothing, timestamp, userId } from '../primitives.js';
import { locale, namedUrl } from './push-registrations.js';

const contactPointId = id();

/** E.164. */
export const phoneNumber = z.string().regex(/^\+[1-9]\d{6,14}$/, 'expected a number such as +491701234567');

export const contactAddress = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('email'), address: z.email().max(254) }),
  z.strictObject({ kind: z.literal('phone'), number: phoneNumber }),
  /** Gets signed requests (Standard Webhooks). */
  z.strictObject({ kind: z.literal('webhook'), url: namedUrl }),
]);
export type ContactAddress = z.output<typeof contactAddress>;
export type ContactKind = ContactAddress['kind'];

export const contactPoint = z.object({
  id: contactPointId,
  kind: z.enum(['email', 'phone', 'webhook']),
  /** Whole for whom it belongs to; for others only enough to know it again. */
  shown: z.string(),
  /** Who said it: the person, an administrator, or the directory by way of their account. */
  origin: z.enum(['person', 'organization', 'directory']),
  /** Nothing is sent to it before. */
  isUsable: z.boolean(),
  addedAt: timestamp,
});
export type ContactPoint = z.infer<typeof contactPoint>;

/** Whose: the caller's own, or somebody else's for who may manage alarms. */
const whose = { userId: userId.optional() };

/**
 * Adds a way to reach somebody, or changes nothing when it is there. E-mail and phone of one's own are of use once a code that
 * came there was given back; what an administrator says is of use at once, and marked as theirs.
 */
export const putContactPoint = defineRequest({
  subject: 'rpc.alerting.contact-point.put.v1',
  access: 'user',
  input: z.strictObject({ contactPointId, ...whose, address: contactAddress, locale: locale.default('en') }),
  output: contactPoint.extend({
    /** Of a webhook, shown once: what its receiver knows by that a request comes from here. */
    secret: z.string().optional(),
  }),
  errors: {
    forbidden: 'forbidden',
    forbidden_address: 'invalid',
    contact_point_id_reused: 'conflict',
    contact_point_exists: 'conflict',
    too_many_contact_points: 'conflict',
    user_not_found: 'not_found',
  },
});

export const listContactPoints = defineRequest({
  subject: 'rpc.alerting.contact-point.list.v1',
  access: 'user',
  input: z.strictObject(whose),
  output: z.object({ items: z.array(contactPoint) }),
  errors: { forbidden: 'forbidden' },
});

/** What the directory says goes only when it does not say so any more. */
export const removeContactPoint = defineRequest({
  subject: 'rpc.alerting.contact-point.remove.v1',
  access: 'user',
  input: z.strictObject({ contactPointId, ...whose }),
  output: nothing,
  errors: { forbidden: 'forbidden', contact_point_not_found: 'not_found' },
});

/** Sends six digits to the address itself; those sent before are void. They hold ten minutes and five tries. */
export const sendContactCode = defineRequest({
  subject: 'rpc.alerting.contact-code.send.v1',
  access: 'user',
  timeoutMs: 15_000,
  input: z.strictObject({ contactPointId }),
  output: z.object({ expiresAt: timestamp }),
  errors: {
    contact_point_not_found: 'not_found',
    contact_point_usable: 'conflict',
    contact_codes_exhausted: 'rate_limited',
    way_not_configured: 'unavailable',
    code_not_sent: 'unavailable',
  },
});

export const verifyContactPoint = defineRequest({
  subject: 'rpc.alerting.contact-code.verify.v1',
  access: 'user',
  input: z.strictObject({ contactPointId, code: z.string().regex(/^\d{6}$/) }),
  output: contactPoint,
  errors: { code_refused: 'invalid' },
});
