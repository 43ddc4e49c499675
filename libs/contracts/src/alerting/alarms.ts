import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { area } from '../presence/places.js';
import {
  conversationId,
  id,
  label,
  nothing,
  pageOf,
  pageRequest,
  poolId,
  text,
  timestamp,
  userId,
} from '../primitives.js';
import { CHECKLIST_ITEMS, checklistItem, shownItem } from './checklist-items.js';

export const alarmId = id();
const policyId = id();

/** How much it matters: an emergency needs nobody's approval, a notice disturbs nobody at night. */
export const severity = z.enum(['emergency', 'alarm', 'notice']);
export type Severity = z.infer<typeof severity>;

/** How a person was told; in this order unless their contact rules say otherwise. */
export const alarmPath = z.enum(['socket', 'push', 'sms', 'voice', 'email', 'webhook']);
export type AlarmPath = z.infer<typeof alarmPath>;

/** Who is alarmed at once. */
export const audience = z.strictObject({
  userIds: z.array(userId).max(LIMITS.alarmUsers).default([]),
  poolIds: z.array(poolId).max(100).default([]),
  everyone: z.boolean().default(false),
  /** Whoever is on duty, and whoever takes over from them while the alarm is open. */
  rosterIds: z.array(id()).max(20).default([]),
  /** The same by the addresses of rosters, such as `night-doctor`. */
  roles: z.array(z.string().max(63)).max(20).default([]),
  /** Whoever holds one of these now. */
  qualificationIds: z.array(id()).max(20).default([]),
  /** Whoever is there now, where people's places are known. */
  near: area.optional(),
});
export type Audience = z.output<typeof audience>;

/**
 * Who is told at once, and whether an alarm can be raised that nobody could fill.
 * `best_effort`: the audience, then the steps of the policy one after the other. `strict`: the same, and refused unless enough
 * people could come who are not booked by another strict alarm. `escalating`: at once as many levels as hold enough people
 * together, then the others one after the other. `full`: all levels at once.
 */
export const alarmStrategy = z.enum(['best_effort', 'strict', 'escalating', 'full']);
export type AlarmStrategy = z.infer<typeof alarmStrategy>;

/** So many people who hold a qualification; each person counts for one position. */
export const alarmPosition = z.strictObject({ qualificationId: id(), needed: z.int().min(1).max(100) });

/** A way to answer. Whether it means that somebody takes it on, does not, or says nothing about that. */
export const answerOption = z.strictObject({
  key: z.string().regex(/^[a-z][a-z0-9_]{0,31}$/),
  label: label(LIMITS.titleBytes),
  means: z.enum(['accepted', 'declined', 'neutral']),
});
export type AnswerOption = z.infer<typeof answerOption>;

/** What is asked where nothing else is said. */
export const USUAL_ANSWERS: readonly AnswerOption[] = [
  { key: 'coming', label: 'Coming', means: 'accepted' },
  { key: 'not_coming', label: 'Not coming', means: 'declined' },
];

/** Who is in the conversation of an alarm beside whoever raised it: those who take it on, or all who are told. */
export const joins = z.enum(['accepted', 'told']);
export type Joins = z.infer<typeof joins>;

const content = {
  title: label(LIMITS.titleBytes),
  text: text(LIMITS.alarmTextBytes).default(''),
};

/**
 * What whoever raises an alarm is to know at once. `nobody_on_duty`: by a roster of those who are told at once nobody is on duty;
 * whoever comes on duty while the alarm is open is told then. `nobody_at_once`: nobody at all is told before the next step.
 */
export const alarmWarning = z.object({ code: z.enum(['nobody_on_duty', 'nobody_at_once']), says: z.string() });
export type AlarmWarning = z.infer<typeof alarmWarning>;

export const raiseAlarm = defineRequest({
  subject: 'rpc.alerting.alarm.raise.v1',
  access: 'user',
  bots: ['alarms:write'],
  timeoutMs: 10_000,
  input: z.strictObject({
    /** Chosen by the client: raising it again gives the same alarm. */
    alarmId,
    severity,
    ...content,
    audience: audience.prefault({}),
    /** Who is asked next when nobody answers. Without one, the audience is asked once. */
    policyId: policyId.optional(),
    answers: z.array(answerOption).max(10).optional(),
    /** People who must take it on before it escalates no further; 0 only informs. */
    needed: z.int().min(0).max(1_000).default(1),
    /** What of them has to be able to do what: it escalates until all of these are filled, too. */
    positions: z
      .array(alarmPosition)
      .max(20)
      .refine(
        (all) => new Set(all.map(({ qualificationId }) => qualificationId)).size === all.length,
        'expected each qualification once',
      )
      .default([]),
    strategy: alarmStrategy.default('best_effort'),
    /** No answer counts afterwards, and nobody is told any more. */
    closesAt: timestamp.optional(),
    /** Another alarm under this key that is still open takes this one in. */
    dedupKey: label(255).optional(),
    /** A group of its own, whose log says what becomes of it; people come into it as `joins` says, `accepted` if nothing. */
    opensConversation: z.boolean().optional(),
    joins: joins.optional(),
    checklist: z.array(checklistItem).max(CHECKLIST_ITEMS).optional(),
    /** An alarm like any other that everybody is to know is a drill. */
    isDrill: z.boolean().default(false),
  }),
  output: z.object({
    alarmId,
    state: z.enum(['open', 'awaiting_approval']),
    /** How many are told at once. */
    recipients: z.int(),
    /** The open alarm that already has this key. */
    isDuplicate: z.boolean(),
    /** It is raised all the same: an alarm that reaches somebody later is better than none. */
    warnings: z.array(alarmWarning).default([]),
  }),
  errors: {
    forbidden: 'forbidden',
    empty_audience: 'invalid',
    policy_not_found: 'not_found',
    roster_not_found: 'not_found',
    qualification_not_found: 'not_found',
    positions_not_fillable: 'conflict',
    places_unavailable: 'unavailable',
    alarm_id_reused: 'conflict',
    audience_too_large: 'invalid',
    closing_time_passed: 'invalid',
    duplicate_answers: 'invalid',
  },
});

/** Lets an alarm to many people out that waits for a second person. */
export const approveAlarm = defineRequest({
  subject: 'rpc.alerting.alarm.approve.v1',
  access: 'user',
  input: z.strictObject({ alarmId }),
  output: nothing,
  errors: { forbidden: 'forbidden', alarm_not_found: 'not_found', not_awaiting: 'conflict', own_alarm: 'forbidden' },
});

export const alarmState = z.enum(['awaiting_approval', 'open', 'acknowledged', 'all_clear', 'cancelled', 'expired']);
export type AlarmState = z.infer<typeof alarmState>;

export const alarm = z.object({
  id: alarmId,
  severity,
  title: z.string(),
  text: z.string(),
  state: alarmState,
  answers: z.array(answerOption),
  needed: z.int(),
  /** How many have taken it on. */
  accepted: z.int(),
  strategy: alarmStrategy,
  /** `spare` have accepted, hold the qualification and fill no position. */
  positions: z.array(z.object({ qualificationId: id<string>(), needed: z.int(), filled: z.int(), spare: z.int() })),
  raisedBy: userId.optional(),
  raisedAt: timestamp,
  updatedAt: timestamp,
  closesAt: timestamp.optional(),
  isDrill: z.boolean(),
  /** For devices to acknowledge by themselves, and to show nobody. */
  isSilent: z.boolean().default(false),
});
export type Alarm = z.infer<typeof alarm>;

/** Which telling of an alarm: an escalation comes back to the same person in another step or cycle. */
export const round = { step: z.int().min(0).max(100), cycle: z.int().min(0).max(9) };

/** How the caller was told last, for a device that has missed it to mark; not there for who has answered or was not told. */
const mine = { told: z.object({ ...round, path: alarmPath }).optional() };

/** For who was told, who raised it, and who may see reports; to everybody else it is not there. */
export const readAlarm = defineRequest({
  subject: 'rpc.alerting.alarm.read.v1',
  access: 'user',
  input: z.strictObject({ alarmId }),
  output: alarm.extend({
    ...mine,
    myAnswer: z.string().optional(),
    /** It is there once somebody is in it. */
    conversationId: conversationId.optional(),
    checklist: z.array(shownItem),
    /** When something new is to be said at the latest. */
    updateDueAt: timestamp.optional(),
  }),
  errors: { alarm_not_found: 'not_found' },
});

/**
 * What concerns the caller: alarms they were told of or raised, newest first. With `awaiting_approval`, all that wait for a second
 * person, for whoever may be that: who holds `raise_alarms`.
 */
export const listAlarms = defineRequest({
  subject: 'rpc.alerting.alarm.list.v1',
  access: 'user',
  bots: ['alarms:write'],
  input: z.strictObject({ state: z.enum(['open', 'all', 'awaiting_approval']).default('open'), ...pageRequest }),
  output: pageOf(alarm.extend(mine)),
  errors: {},
});

export const alarmMark = z.strictObject({ alarmId, ...round, path: alarmPath, state: z.enum(['received', 'shown']) });
export type AlarmMark = z.infer<typeof alarmMark>;

const alarmMarks = z.array(alarmMark).min(1).max(100);

/** The device has it, or the person has seen it. Repeating changes nothing; what does not concern the caller is ignored. */
export const markAlarm = defineRequest({
  subject: 'rpc.alerting.alarm.mark.v1',
  access: 'user',
  bots: ['alarms:write'],
  input: z.strictObject({ marks: alarmMarks }),
  output: nothing,
  errors: {},
});

/** As many people may speak in one request of their gateway: 200 KiB as tokens usually are, of the 1 MiB that NATS lets pass. */
export const MARKED_AT_ONCE = 200;

const saidOfAlarms = z.strictObject({ token: z.string().max(4_096), marks: alarmMarks });
export type SaidOfAlarms = z.infer<typeof saidOfAlarms>;

/** `markAlarm` for many people, each by their own token. Those whose token does not let them are left out and counted. */
export const markAlarmsOfMany = defineRequest({
  subject: 'rpc.alerting.alarm.mark-many.v1',
  access: 'service',
  input: z.strictObject({ people: z.array(saidOfAlarms).min(1).max(MARKED_AT_ONCE) }),
  output: z.object({ refused: z.int().min(0) }),
  errors: {},
});

export const answerAlarm = defineRequest({
  subject: 'rpc.alerting.alarm.answer.v1',
  access: 'user',
  bots: ['alarms:write'],
  input: z.strictObject({
    alarmId,
    answer: z.string().max(32),
    etaMinutes: z.int().min(0).max(1_440).optional(),
    note: text(1_024).optional(),
  }),
  output: alarm,
  errors: {
    alarm_not_found: 'not_found',
    unknown_answer: 'invalid',
    alarm_over: 'conflict',
    booked_elsewhere: 'conflict',
  },
});

/** Says something new to everybody who was told. */
export const updateAlarm = defineRequest({
  subject: 'rpc.alerting.alarm.update.v1',
  access: 'user',
  bots: ['alarms:write'],
  input: z.strictObject({ alarmId, title: content.title.optional(), text: text(LIMITS.alarmTextBytes).optional() }),
  output: alarm,
  errors: { forbidden: 'forbidden', alarm_not_found: 'not_found', alarm_over: 'conflict' },
});

/** The all-clear, or that it was a mistake. Nobody is told any more but of this. */
export const endAlarm = defineRequest({
  subject: 'rpc.alerting.alarm.end.v1',
  access: 'user',
  bots: ['alarms:write'],
  input: z.strictObject({ alarmId, as: z.enum(['all_clear', 'cancelled']) }),
  output: alarm,
  errors: { forbidden: 'forbidden', alarm_not_found: 'not_found', alarm_over: 'conflict' },
});

const told = z.object({
  ...round,
  path: alarmPath,
  state: z.enum(['queued', 'sending', 'sent', 'received', 'shown', 'failed', 'skipped', 'bundled']),
  queuedAt: timestamp,
  sentAt: timestamp.optional(),
  receivedAt: timestamp.optional(),
  shownAt: timestamp.optional(),
  attempts: z.int(),
  problem: z.string().optional(),
});

/** How far an alarm has come. */
const reportSummary = z.object({
  recipients: z.int(),
  /** Of them, those who have it on at least one device. */
  reached: z.int(),
  answered: z.int(),
  /** The steps and rounds that came, with how many people were told in each. */
  steps: z.array(z.object({ ...round, firstAt: timestamp, people: z.int() })),
});

/** Who was told when by which path, and who answered what, by the server's clock. The first page says how far it has come. */
export const readAlarmReport = defineRequest({
  subject: 'rpc.alerting.alarm.report.v1',
  access: 'user',
  timeoutMs: 10_000,
  input: z.strictObject({ alarmId, ...pageRequest }),
  output: pageOf(
    z.object({
      userId,
      told: z.array(told),
      answer: z.string().optional(),
      etaMinutes: z.int().optional(),
      note: z.string().optional(),
      answeredAt: timestamp.optional(),
    }),
  ).extend({ alarm, checklist: z.array(shownItem), summary: reportSummary.optional() }),
  errors: { alarm_not_found: 'not_found' },
});
export type AlarmReport = z.infer<typeof readAlarmReport.output>;
