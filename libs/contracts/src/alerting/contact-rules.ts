import { z } from 'zod';
import { defineRequest } from '../define.js';
import { userId } from '../primitives.js';
import { alarmPath } from './alarms.js';
import { escalationStep } from './escalation-policies.js';

/** A way, and the seconds that the device has on it before the next one is taken. */
export const contactWay = z.strictObject({ path: alarmPath, silentSeconds: z.int().min(1).max(3_600) });
export type ContactWay = z.output<typeof contactWay>;

const rules = z
  .array(contactWay)
  .max(alarmPath.options.length)
  .refine((list) => new Set(list.map(({ path }) => path)).size === list.length, 'each way at most once');

/** By which ways somebody wants to be told, in this order. Without any, as the organization says. */
export const contactRules = z.strictObject({
  default: rules.default([]),
  /** Of emergencies, and of steps that say so. */
  important: rules.default([]),
  /** A notice waits for the end of these hours; an alarm never does. */
  quietHours: escalationStep.shape.hours,
});
export type ContactRules = z.output<typeof contactRules>;

/** A way as it is used now, and whether the person has anything that it leads to. */
const rung = contactWay.extend({ hasDestination: z.boolean() });

const readable = z.object({
  rules: contactRules,
  /** What comes of it together with what the organization says. */
  effective: z.object({ default: z.array(rung), important: z.array(rung) }),
});
export type EffectiveContactRules = z.output<typeof readable>;

/** One's own, or somebody else's for who may manage alarms. */
export const readContactRules = defineRequest({
  subject: 'rpc.alerting.contact-rules.read.v1',
  access: 'user',
  input: z.strictObject({ userId: userId.optional() }),
  output: readable,
  errors: { forbidden: 'forbidden' },
});

export const putContactRules = defineRequest({
  subject: 'rpc.alerting.contact-rules.put.v1',
  access: 'user',
  input: z.strictObject({ rules: contactRules }),
  output: readable,
  errors: { unknown_time_zone: 'invalid' },
});
