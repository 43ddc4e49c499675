import { z } from 'zod';
import { defineRequest } from '../define.js';
import { id, pageOf, pageRequest, poolId, timestamp, userId } from '../primitives.js';
import { alarmPath } from './alarms.js';

const drillId = id();
/** Lists in a report are cut after so many; the counts beside them are whole. */
export const DRILL_LISTED = 1_000;

/** Whom a drill goes to, and how long their devices have to say that it came. */
const drillPlan = z.strictObject({
  poolIds: z.array(poolId).max(100).default([]),
  everyone: z.boolean().default(false),
  seconds: z.int().min(30).max(3_600).default(300),
});
export type DrillPlan = z.output<typeof drillPlan>;

/** Drills that come by themselves: five fields as in crontab(5), in a time zone. */
export const drillSchedule = drillPlan.extend({
  cron: z.string().max(100),
  timeZone: z.string().max(64).default('UTC'),
});
export type DrillSchedule = z.output<typeof drillSchedule>;

const reach = z.object({ people: z.int(), reached: z.int() });

export const drillReport = z.object({
  ...reach.shape,
  pools: z.array(reach.extend({ poolId })),
  paths: z.array(
    z.object({
      path: alarmPath,
      ...{ told: z.int(), sent: z.int(), received: z.int(), failed: z.int() },
      /** Why it failed for how many: a push registration that is dead is one of them. */
      problems: z.record(z.string(), z.int()),
    }),
  ),
  /** Push registrations that were found dead while it ran, also of people whom another device has reached. */
  deadTokens: z.int().default(0),
  /** People whom nothing reached. */
  unreached: z.array(userId),
  /** Of them, those to whom no other way than an open app is known. */
  withoutPath: z.array(userId),
  /** Times of the next 14 days in which nobody is on duty. */
  gaps: z.array(z.object({ rosterId: id(), from: timestamp, to: timestamp })),
  policies: z.array(z.object({ policyId: id(), errors: z.int(), warnings: z.int() })),
  /** What the score is made of, each from 0 to 1: see docs/adr. */
  parts: z.object({ reach: z.number(), duty: z.number(), policies: z.number() }),
});
export type DrillReport = z.infer<typeof drillReport>;

export const drill = z.object({
  id: drillId,
  state: z.enum(['running', 'done', 'interrupted']),
  trigger: z.enum(['person', 'schedule']),
  plan: drillPlan,
  startedBy: userId.optional(),
  startedAt: timestamp,
  endsAt: timestamp,
  endedAt: timestamp.optional(),
  score: z.int().min(0).max(100).optional(),
  report: drillReport.optional(),
});
export type Drill = z.infer<typeof drill>;

/**
 * Sends an alarm that devices acknowledge by themselves and show nobody, and measures whom it reached. One at a time in an
 * organization; a real alarm to some of the same people ends it.
 */
export const startDrill = defineRequest({
  subject: 'rpc.alerting.drill.start.v1',
  access: 'user',
  timeoutMs: 10_000,
  input: z.strictObject({ drillId, plan: drillPlan }),
  output: drill,
  errors: {
    forbidden: 'forbidden',
    empty_audience: 'invalid',
    audience_too_large: 'invalid',
    drill_running: 'conflict',
    drill_id_reused: 'conflict',
  },
});

/** The newest first, without their reports. */
export const listDrills = defineRequest({
  subject: 'rpc.alerting.drill.list.v1',
  access: 'user',
  input: z.strictObject(pageRequest),
  output: pageOf(drill.omit({ report: true })),
  errors: { forbidden: 'forbidden' },
});

export const readDrill = defineRequest({
  subject: 'rpc.alerting.drill.read.v1',
  access: 'user',
  input: z.strictObject({ drillId }),
  output: drill,
  errors: { forbidden: 'forbidden', drill_not_found: 'not_found' },
});
