import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { id, label, nothing, poolId, text } from '../primitives.js';
import { alarmId, answerOption, audience, joins, raiseAlarm, severity } from './alarms.js';
import { checklistItem } from './checklist-items.js';

const templateId = id();

/** Something that is said when the alarm is raised, and stands where a text says `{{name}}`. */
export const templateValue = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,31}$/),
  /** What it is asked for with. */
  label: label(256),
  maxBytes: z.int().min(1).max(1_024).default(256),
  /** Taken where nothing is said; without one, something must be said. */
  fallback: text(1_024).optional(),
});

/** Everything about an alarm but what is known only when it is raised. */
export const alarmTemplate = z.strictObject({
  name: label(LIMITS.titleBytes),
  severity,
  title: label(LIMITS.titleBytes),
  text: text(LIMITS.alarmTextBytes).default(''),
  values: z
    .array(templateValue)
    .max(20)
    .default([])
    .refine((values) => new Set(values.map(({ name }) => name)).size === values.length, 'one name, one value'),
  audience: audience.prefault({}),
  policyId: id().optional(),
  answers: z.array(answerOption).max(10).optional(),
  needed: z.int().min(0).max(1_000).default(1),
  positions: raiseAlarm.input.shape.positions,
  strategy: raiseAlarm.input.shape.strategy,
  closesAfterMinutes: z.int().min(1).max(10_080).optional(),
  opensConversation: z.boolean().default(false),
  joins: joins.default('accepted'),
  checklist: z.array(checklistItem).max(100).default([]),
  /** Whoever raised it is reminded to say something new so often, until it is over. */
  updateEveryMinutes: z.int().min(5).max(1_440).optional(),
  /** People of these pools may raise it although they may raise no other alarm. */
  raiserPoolIds: z.array(poolId).max(100).default([]),
});
export type AlarmTemplate = z.output<typeof alarmTemplate>;

const stored = z.object({ id: templateId, template: alarmTemplate });

/** Alarms that were raised with it keep what it said then. */
export const putAlarmTemplate = defineRequest({
  subject: 'rpc.alerting.template.put.v1',
  access: 'user',
  input: z.strictObject({ templateId, template: alarmTemplate }),
  output: stored,
  errors: {
    forbidden: 'forbidden',
    too_many_templates: 'conflict',
    /** A text says `{{name}}` and no value has this name. */
    unknown_placeholder: 'invalid',
    duplicate_answers: 'invalid',
  },
});

/** Those that the caller may raise; all of them for who may make templates. */
export const listAlarmTemplates = defineRequest({
  subject: 'rpc.alerting.template.list.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ items: z.array(stored) }),
  errors: {},
});

export const deleteAlarmTemplate = defineRequest({
  subject: 'rpc.alerting.template.delete.v1',
  access: 'user',
  input: z.strictObject({ templateId }),
  output: nothing,
  errors: { forbidden: 'forbidden', template_not_found: 'not_found' },
});

export const raiseFromTemplate = defineRequest({
  subject: 'rpc.alerting.template.raise.v1',
  access: 'user',
  timeoutMs: 10_000,
  input: z.strictObject({
    /** Chosen by the client: raising it again gives the same alarm. */
    alarmId,
    templateId,
    /** By name. They are put into the texts as they are, and nothing in them is looked at again. */
    values: z
      .record(z.string().max(32), text(1_024))
      .refine((values) => Object.keys(values).length <= 20, 'at most 20')
      .default({}),
  }),
  output: raiseAlarm.output,
  errors: {
    ...raiseAlarm.errors,
    template_not_found: 'not_found',
    missing_value: 'invalid',
    unknown_value: 'invalid',
    value_too_long: 'invalid',
  },
});
