import { z } from 'zod';
import { outageMeans } from '../auth/outage-mode.js';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { conversationId, id, label, poolId, text, timestamp, userId } from '../primitives.js';
import { answerOption, audience, severity } from './alarms.js';
import { probeProblem } from './watch.js';

/** A conversation that is there when it is needed. */
export const crisisRoom = z.strictObject({
  id: id(),
  title: label(LIMITS.titleBytes),
  kind: z.enum(['group', 'channel']).default('channel'),
  /** Who is in it; everybody, where none is said. */
  poolIds: z.array(poolId).max(100).default([]),
  /** Who may write; in a channel, where none is said, only those who prepared it. In a group everybody writes. */
  writerPoolIds: z.array(poolId).max(100).default([]),
  /** Made now, with whoever puts the plan in it alone, who may write down what everybody is to find; otherwise made then. */
  ahead: z.boolean().default(false),
});
export type CrisisRoom = z.output<typeof crisisRoom>;

/** What happens when outage mode goes on, and when it goes off. */
export const crisisPlan = z.strictObject({
  alarm: z
    .strictObject({
      severity: severity.default('emergency'),
      /** `{{reason}}` in title and text is why outage mode was switched on. */
      title: label(LIMITS.titleBytes).default('The usual channels are down'),
      text: text(LIMITS.alarmTextBytes).default('{{reason}}. From now on we talk here.'),
      audience: audience.prefault({ everyone: true }),
      answers: z
        .array(answerOption)
        .max(10)
        .default([{ key: 'here', label: 'I am here', means: 'accepted' }]),
      policyId: id().optional(),
    })
    .prefault({}),
  rooms: z
    .array(crisisRoom)
    .max(20)
    .default([])
    .refine((rooms) => new Set(rooms.map((room) => room.id)).size === rooms.length, 'one id, one conversation'),
  /** What becomes of the conversations at the end. Closed ones are made anew for the next time. */
  atEnd: z.enum(['keep', 'close']).default('keep'),
});
export type CrisisPlan = z.output<typeof crisisPlan>;

export const readCrisisPlan = defineRequest({
  subject: 'rpc.alerting.crisis-plan.read.v1',
  access: 'user',
  input: z.strictObject({}),
  output: crisisPlan,
  errors: { forbidden: 'forbidden' },
});

export const putCrisisPlan = defineRequest({
  subject: 'rpc.alerting.crisis-plan.put.v1',
  access: 'user',
  input: z.strictObject({ plan: crisisPlan }),
  output: crisisPlan,
  errors: { forbidden: 'forbidden' },
});

export const outage = z.object({
  id: id(),
  beganAt: timestamp,
  begunBy: outageMeans,
  endedAt: timestamp.optional(),
  endedBy: outageMeans.optional(),
  /** `opening` until people are told and conversations are there; `over` once its report is written. */
  state: z.enum(['opening', 'on', 'closing', 'over']),
  alarmId: id(),
});
export type Outage = z.infer<typeof outage>;

/** Newest first; the last 200. */
export const listOutages = defineRequest({
  subject: 'rpc.alerting.outage.list.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ items: z.array(outage) }),
  errors: { forbidden: 'forbidden' },
});

/** The organization as it was: written once, when the outage ends. */
export const outageReport = z.object({
  outage,
  reason: z.string(),
  endReason: z.string().optional(),
  /** The people who switched it, or who issued the key that did. */
  begunByUserId: userId.optional(),
  endedByUserId: userId.optional(),
  durationSeconds: z.int(),
  /** What the watch saw, from an hour before to the end. */
  timeline: z.array(
    z.object({
      at: timestamp,
      probeId: id().optional(),
      probe: z.string().optional(),
      became: z.enum(['up', 'down', 'outage', 'over']),
      problem: probeProblem.optional(),
    }),
  ),
  people: z.object({
    told: z.int(),
    /** A device of theirs has said that it has the alarm. */
    reached: z.int(),
    answered: z.int(),
    /** How many gave which answer. */
    answers: z.record(z.string(), z.int()),
  }),
  rooms: z.array(
    z.object({
      id: id(),
      title: z.string(),
      conversationId,
      joined: z.int(),
      /** Not let in: somebody is there whom they may not meet. */
      keptApart: z.int(),
      leftOut: z.int(),
    }),
  ),
  breakGlass: z.array(z.object({ at: timestamp, userId, deviceId: id() })),
});
export type OutageReport = z.infer<typeof outageReport>;

/** Of an outage that is over. */
export const readOutageReport = defineRequest({
  subject: 'rpc.alerting.outage.report.v1',
  access: 'user',
  timeoutMs: 10_000,
  input: z.strictObject({ outageId: id() }),
  output: outageReport,
  errors: { forbidden: 'forbidden', outage_not_found: 'not_found', outage_not_over: 'not_found' },
});

/** Which conversations the plan has; for whoever may see the plan. */
export const readCrisisRooms = defineRequest({
  subject: 'rpc.alerting.crisis-plan.read-rooms.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ items: z.array(z.object({ id: id(), conversationId, isOpen: z.boolean() })) }),
  errors: { forbidden: 'forbidden' },
});
