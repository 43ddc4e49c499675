import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { id, label, nothing, organizationId, text, timestamp, userId } from '../primitives.js';
import { audience, severity } from './alarms.js';

const sourceId = id();
const seconds = (min: number, max: number) => z.int().min(min).max(max);
const DAY = 86_400;

/** Names of labels as Prometheus has them; of annotations too. */
const labelName = z
  .string()
  .max(128)
  .regex(/^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]*$/);
const labelValue = text(1_024);

/** What an alarm of a source is where nothing of what was sent says otherwise. */
const raises = z.strictObject({
  severity: severity.default('alarm'),
  audience: audience.prefault({}),
  policyId: id().optional(),
  /** People who must take it on before it escalates no further; 0 only informs. */
  needed: z.int().min(0).max(1_000).default(1),
});

/** Holds when the label has one of these values, or none of those. A label that is missing is empty. */
const matcher = z
  .strictObject({
    label: labelName,
    is: z.array(labelValue).min(1).max(50).optional(),
    isNot: z.array(labelValue).min(1).max(50).optional(),
  })
  .refine((given) => (given.is === undefined) !== (given.isNot === undefined), 'expected is or isNot');

/** Who is told, and how much it matters, for what has these labels. The first that fits counts. */
const route = z.strictObject({
  when: z.array(matcher).min(1).max(10),
  severity: severity.optional(),
  audience: audience.optional(),
  policyId: id().optional(),
});

const common = {
  name: label(LIMITS.titleBytes),
  /** Takes in nothing and raises nothing until it goes on. */
  isPaused: z.boolean().default(false),
  raises: raises.prefault({}),
};

const received = {
  ...common,
  routes: z.array(route).max(50).default([]),
  /** How the sender calls severities, and ours. */
  severities: z
    .record(z.string().min(1).max(64), severity)
    .refine((table) => Object.keys(table).length <= 20, 'expected at most 20')
    .default({ critical: 'emergency', warning: 'alarm', info: 'notice' }),
  /** What comes under the same key within so many seconds is told together, after the first, which never waits. */
  groupSeconds: seconds(0, 3_600).default(0),
  /** The end of the cause ends the alarm, or is only added to its text. */
  onResolved: z.enum(['end', 'note']).default('end'),
  /** What came is kept sealed for a day, to find mistakes with. */
  keepsBodies: z.boolean().default(false),
};

/** `{{label.alertname}}`, `{{annotation.summary}}`, `{{status}}`, `{{count}}`; `{{a | b}}` is b where a is empty. */
const template = text(1_024);

/** A webhook receiver of Prometheus Alertmanager, version 4 of its messages. */
const alertmanager = z.strictObject({
  kind: z.literal('alertmanager'),
  ...received,
  severityLabel: labelName.default('severity'),
  /** Of the group. */
  title: template.default('{{annotation.summary | label.alertname | group}}'),
  /** A line for each alert that fires. */
  text: template.default('{{annotation.description | annotation.summary | label.alertname}}'),
});

/** Whatever can sign what it posts. */
const webhook = z.strictObject({
  kind: z.literal('webhook'),
  ...received,
  /** JSONata over the body that gives `mappedIncident`, or nothing for what is no alarm. */
  mapping: text(8 * 1024).default('$'),
  /** A body that cannot be mapped raises a plain alarm, so that nothing is lost. */
  raisesOnMappingFailure: z.boolean().default(true),
});

/** Alarms when it has not been heard of for too long. */
const heartbeat = z.strictObject({
  kind: z.literal('heartbeat'),
  ...common,
  everySeconds: seconds(5, 31 * DAY),
  graceSeconds: seconds(0, 7 * DAY).default(30),
  /** The time for the first one. */
  firstBeatSeconds: seconds(5, 31 * DAY).default(DAY),
  title: label(LIMITS.titleBytes).optional(),
  text: text(LIMITS.alarmTextBytes).default(''),
});

/** Raises by the clock: tests of sirens, or one alarm at a time that was said. */
const schedule = z
  .strictObject({
    kind: z.literal('schedule'),
    ...common,
    /** Five fields; `SAT#1` is the first Saturday of the month. Or `at`: one of the two. */
    cron: z.string().max(128).optional(),
    timeZone: z.string().max(64).default('UTC'),
    at: timestamp.optional(),
    /** What is later than this, because nothing here ran, is left out. */
    lateSeconds: seconds(10, DAY).default(300),
    isDrill: z.boolean().default(true),
    title: label(LIMITS.titleBytes),
    text: text(LIMITS.alarmTextBytes).default(''),
  })
  .refine((given) => (given.cron === undefined) !== (given.at === undefined), 'expected cron or at');

export const alarmSourceSettings = z.discriminatedUnion('kind', [alertmanager, webhook, heartbeat, schedule]);
export type AlarmSourceSettings = z.output<typeof alarmSourceSettings>;
export type AlarmSourceKind = AlarmSourceSettings['kind'];
export type ReceivingSettings = Extract<AlarmSourceSettings, { kind: 'alertmanager' | 'webhook' }>;

/** What a mapping gives. Labels choose the route; what has no key is an alarm of its own. */
export const mappedIncident = z.strictObject({
  title: label(LIMITS.titleBytes),
  text: text(LIMITS.alarmTextBytes).default(''),
  status: z.enum(['firing', 'resolved']).default('firing'),
  /** As the sender calls it: see `severities`. */
  severity: z.string().max(64).optional(),
  key: z.string().min(1).max(1_024).optional(),
  labels: z
    .record(labelName, labelValue)
    .refine((labels) => Object.keys(labels).length <= 64, 'expected at most 64')
    .default({}),
});
export type MappedIncident = z.output<typeof mappedIncident>;

const alarmSource = z.object({
  id: sourceId,
  settings: alarmSourceSettings,
  /** Where it is sent to, below the address of the gateway; a schedule is sent nothing. */
  path: z.string().optional(),
  /** Another one with each secret, and nothing that helps to guess it: whoever keeps the secret sees whether it is still the one. */
  secretId: z.string().optional(),
  /** Until when the secret before the last one is taken, too. */
  oldSecretUntil: timestamp.optional(),
  /** Of a heartbeat: when the last one came, and whether one is missing. */
  lastBeatAt: timestamp.optional(),
  isMissed: z.boolean().optional(),
  /** Of a schedule: when it raises next. */
  nextAt: timestamp.optional(),
  createdAt: timestamp,
  /** Who made it, a person or a bot; of those from before this was kept nobody knows. */
  madeBy: userId.optional(),
});
export type AlarmSource = z.input<typeof alarmSource>;

/** `secret`: shown when it is made or renewed and never again. */
const withSecret = alarmSource.extend({ secret: z.string().optional() });

/**
 * Makes one with a secret, or changes one, which keeps it. What a bot makes raises by escalation policies alone, here and in
 * routes: that alarms come in says the bot, whom they reach say people.
 */
export const putAlarmSource = defineRequest({
  subject: 'rpc.alerting.source.put.v1',
  access: 'user',
  bots: ['alarm-sources:write'],
  input: z.strictObject({ sourceId, settings: alarmSourceSettings }),
  output: withSecret,
  errors: {
    forbidden: 'forbidden',
    policy_not_found: 'not_found',
    source_kind_fixed: 'conflict',
    source_changed: 'conflict',
    /** To a bot, of what it did not make itself. */
    source_id_taken: 'conflict',
    /** To a bot that names no policy, or people beside it. */
    policy_required: 'invalid',
    too_many_sources: 'conflict',
    invalid_mapping: 'invalid',
    invalid_schedule: 'invalid',
    unknown_time_zone: 'invalid',
  },
});

/** All there are; to a bot, those that it made itself. */
export const listAlarmSources = defineRequest({
  subject: 'rpc.alerting.source.list.v1',
  access: 'user',
  bots: ['alarm-sources:write'],
  input: z.strictObject({}),
  output: z.object({ items: z.array(alarmSource) }),
  errors: { forbidden: 'forbidden' },
});

/** A new secret; the one before it is taken for `overlapSeconds` more. */
export const rotateAlarmSourceSecret = defineRequest({
  subject: 'rpc.alerting.source.rotate.v1',
  access: 'user',
  bots: ['alarm-sources:write'],
  input: z.strictObject({ sourceId, overlapSeconds: seconds(0, 7 * DAY).default(DAY) }),
  output: withSecret,
  errors: {
    forbidden: 'forbidden',
    source_not_found: 'not_found',
    source_without_secret: 'conflict',
    source_changed: 'conflict',
  },
});

/** Alarms that it raised go on. */
export const deleteAlarmSource = defineRequest({
  subject: 'rpc.alerting.source.delete.v1',
  access: 'user',
  bots: ['alarm-sources:write'],
  input: z.strictObject({ sourceId }),
  output: nothing,
  errors: { forbidden: 'forbidden', source_not_found: 'not_found' },
});

/** What became of something that was sent. */
export const deliveryOutcome = z.enum([
  'raised',
  /** It waits for a second person: see `massThreshold`. */
  'awaiting_approval',
  /** There is an open alarm of this key, which says it now or at the end of the time of its group. */
  'taken_in',
  'resolved',
  /** Nothing to alarm of: the mapping gave nothing, or the end of what nobody was told of. */
  'ignored',
  /** It came before. */
  'repeated',
  /** No alarm was raised. */
  'failed',
  /** Without the right secret or signature; written down at most once a minute. */
  'refused',
  /** The time of a schedule was over before anything here ran. */
  'skipped',
]);
export type DeliveryOutcome = z.infer<typeof deliveryOutcome>;

const incident = z.object({
  status: z.enum(['firing', 'resolved']),
  severity,
  title: z.string(),
  text: z.string(),
  key: z.string().optional(),
  audience,
  policyId: id().optional(),
});

/** What this body would raise, without raising it; `settings` are tried in place of those that hold. */
export const tryAlarmSource = defineRequest({
  subject: 'rpc.alerting.source.try.v1',
  access: 'user',
  timeoutMs: 5_000,
  input: z.strictObject({ sourceId, body: z.string().max(LIMITS.bodyBytes), settings: alarmSourceSettings.optional() }),
  output: z.object({
    /** Nothing when the body is no alarm. */
    incident: incident.optional(),
    problem: z.string().optional(),
  }),
  errors: { forbidden: 'forbidden', source_not_found: 'not_found', source_takes_no_body: 'invalid' },
});
export type TriedIncident = z.input<typeof incident>;

/** The last hundred, newest first. */
export const listAlarmDeliveries = defineRequest({
  subject: 'rpc.alerting.source.deliveries.v1',
  access: 'user',
  input: z.strictObject({ sourceId }),
  output: z.object({
    items: z.array(
      z.object({
        at: timestamp,
        outcome: deliveryOutcome,
        problem: z.string().optional(),
        alarmId: id().optional(),
        /** Where the source keeps bodies, for a day. */
        body: z.string().optional(),
      }),
    ),
  }),
  errors: { forbidden: 'forbidden', source_not_found: 'not_found' },
});

/** Below which sources are sent to. */
export const INCOMING_PATH = '/v1/incoming';

const sent = { organizationId, sourceId };
const taken = z.object({ outcome: deliveryOutcome, alarmId: id().optional() });
export type Taken = z.input<typeof taken>;

/** Whether there is no such source or the secret is wrong is not told. */
const refusals = { source_refused: 'unauthenticated', source_paused: 'unavailable' } as const;

/**
 * A message of Alertmanager as it was posted. Answered when what it means is committed. Alertmanager repeats what is answered
 * with 5xx and drops what is answered with 4xx: only what can never be taken is.
 */
export const receiveAlertmanager = defineRequest({
  subject: 'rpc.alerting.source.receive-alertmanager.v1',
  access: 'public',
  timeoutMs: 10_000,
  input: z.strictObject({ ...sent, secret: z.string().max(256), body: z.string().max(LIMITS.bodyBytes) }),
  output: taken,
  errors: {
    ...refusals,
    malformed_delivery: 'invalid',
    source_busy: 'unavailable',
    source_cannot_raise: 'unavailable',
  },
});

/**
 * A signed body as it was posted: by Standard Webhooks (`id`, `timestamp`, `signature`: `v1,` and Base64 of HMAC-SHA-256 over
 * `<id>.<timestamp>.<body>`, several with blanks between), or without `id` and with `signature`: `v1=` and hexadecimal over
 * `<timestamp>.<body>`. `timestamp`: Unix time in seconds, at most five minutes off.
 */
export const receiveSignedWebhook = defineRequest({
  subject: 'rpc.alerting.source.receive-webhook.v1',
  access: 'public',
  timeoutMs: 10_000,
  input: z.strictObject({
    ...sent,
    id: z.string().min(1).max(256).optional(),
    timestamp: z.string().max(16),
    signature: z.string().max(1_024),
    body: z.string().max(LIMITS.bodyBytes),
  }),
  output: taken,
  errors: {
    ...refusals,
    malformed_delivery: 'invalid',
    mapping_failed: 'invalid',
    delivery_id_reused: 'conflict',
    /** The same is being taken: it can be asked again. */
    source_busy: 'unavailable',
    source_cannot_raise: 'unavailable',
  },
});

/** It is still there. */
export const receiveHeartbeat = defineRequest({
  subject: 'rpc.alerting.source.receive-heartbeat.v1',
  access: 'public',
  input: z.strictObject({ ...sent, secret: z.string().max(256) }),
  output: nothing,
  errors: refusals,
});
