import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { id, label, nothing, timestamp, userId } from '../primitives.js';

export const rosterId = id();
const overrideId = id();

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);
/** One of the IANA database, such as Europe/Berlin. */
export const timeZone = z.string().min(1).max(64);

/** Certain hours of certain days, 1 is Monday. Hours that do not end after they begin go into the next day. */
export const hours = z.strictObject({
  days: z.array(z.int().min(1).max(7)).min(1).max(7),
  from: timeOfDay,
  to: timeOfDay,
});
export type Hours = z.output<typeof hours>;

const shift = z.discriminatedUnion('unit', [
  z.strictObject({ unit: z.literal('hours'), length: z.int().min(1).max(720) }),
  z.strictObject({ unit: z.literal('days'), length: z.int().min(1).max(366) }),
  z.strictObject({ unit: z.literal('weeks'), length: z.int().min(1).max(52) }),
]);

/** People who are on duty one after the other, and begin again. One of them at a time. */
export const dutyLayer = z.strictObject({
  userIds: z.array(userId).min(1).max(LIMITS.rosterPeople),
  shift,
  timeZone,
  /** The local day of the first shift; nobody of this layer is on duty before. */
  startsOn: z.iso.date().refine((day) => day >= '2000-01-01' && day < '2100-01-01', 'expected 2000 to 2099'),
  /** By the clock on the wall there: shifts keep this hour over daylight saving, and one of them is an hour longer or shorter. */
  handOverAt: timeOfDay,
  /** Only within these; at any time where nothing is said. */
  within: z.array(hours).max(7).default([]),
});
export type DutyLayer = z.output<typeof dutyLayer>;

/** Somebody else than the layers say, or nobody, for a time. Of two that overlap the one that begins later holds. */
export const dutyOverride = z
  .strictObject({
    from: timestamp,
    to: timestamp,
    /** The layer that it is instead of, counted from 0; all of them where nothing is said. */
    layer: z
      .int()
      .min(0)
      .max(LIMITS.rosterLayers - 1)
      .optional(),
    userId: userId.nullable(),
  })
  .refine(({ from, to }) => from < to, 'expected it to end after it begins')
  .refine(
    ({ from, to }) => Date.parse(to) - Date.parse(from) <= 366 * 86_400_000,
    'expected it to last a year at the longest',
  );
export type DutyOverride = z.output<typeof dutyOverride>;

/** Who is on duty when: everybody whom one of the layers says. */
export const roster = z.strictObject({
  name: label(LIMITS.titleBytes),
  /** What the role is called in an alarm's audience, such as `night-doctor`: one roster of the organization has it. */
  address: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
    .optional(),
  layers: z.array(dutyLayer).min(1).max(LIMITS.rosterLayers),
  /** Whether the predecessor is relieved by the clock, or when the successor has confirmed. */
  handOver: z.enum(['automatic', 'confirmed']).default('automatic'),
  /** After which an unconfirmed hand-over is brought to mind, again and again. */
  remindAfterMinutes: z.int().min(1).max(1_440).default(15),
  /** What its people have to hold; who does not is found when the roster is checked. */
  qualificationId: id().optional(),
});
export type Roster = z.output<typeof roster>;

/**
 * What will not work when it is needed, found before. `gap`: nobody is on duty then, in the next 14 days; `no_path`: some of its
 * people cannot be told, or only while their app is open.
 */
export const rosterFinding = z.object({
  severity: z.enum(['error', 'warning']),
  code: z.enum(['gap', 'unknown_person', 'unqualified', 'unknown_qualification', 'no_path']),
  says: z.string(),
  from: timestamp.optional(),
  to: timestamp.optional(),
});
export type RosterFinding = z.infer<typeof rosterFinding>;

/** `taking_over` waits for its own confirmation, `handing_over` for that of the successor; both are on duty. */
export const dutyState = z.enum(['on_duty', 'taking_over', 'handing_over']);
export type DutyState = z.infer<typeof dutyState>;

export const duty = z.object({ userId, layer: z.int(), state: dutyState, since: timestamp });
export type DutyOf = z.infer<typeof duty>;

const stored = z.object({
  id: rosterId,
  roster,
  overrides: z.array(z.object({ id: overrideId, override: dutyOverride })),
  onDuty: z.array(duty),
});

const withFindings = stored.extend({ findings: z.array(rosterFinding) });

export const putRoster = defineRequest({
  subject: 'rpc.alerting.roster.put.v1',
  access: 'user',
  timeoutMs: 10_000,
  input: z.strictObject({ rosterId, roster }),
  output: withFindings,
  errors: {
    forbidden: 'forbidden',
    unknown_time_zone: 'invalid',
    address_taken: 'conflict',
    too_many_rosters: 'conflict',
  },
});

/** For whoever manages alarms or may raise them. */
export const listRosters = defineRequest({
  subject: 'rpc.alerting.roster.list.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({
    items: z.array(
      z.object({
        id: rosterId,
        name: z.string(),
        address: z.string().optional(),
        onDuty: z.array(userId),
      }),
    ),
  }),
  errors: { forbidden: 'forbidden' },
});

export const readRoster = defineRequest({
  subject: 'rpc.alerting.roster.read.v1',
  access: 'user',
  timeoutMs: 10_000,
  input: z.strictObject({ rosterId }),
  output: withFindings,
  errors: { forbidden: 'forbidden', roster_not_found: 'not_found' },
});

/** Alarms under way that told somebody by it go on with those who were told. */
export const deleteRoster = defineRequest({
  subject: 'rpc.alerting.roster.delete.v1',
  access: 'user',
  input: z.strictObject({ rosterId }),
  output: nothing,
  errors: { forbidden: 'forbidden', roster_not_found: 'not_found' },
});

/** Who will be on duty in a span of at most 92 days and 1,000 changes, and when nobody will. */
export const previewRoster = defineRequest({
  subject: 'rpc.alerting.roster.preview.v1',
  access: 'user',
  timeoutMs: 10_000,
  input: z.strictObject({ rosterId, from: timestamp, to: timestamp }),
  output: z.object({
    items: z.array(z.object({ from: timestamp, to: timestamp, userIds: z.array(userId) })),
    gaps: z.array(z.object({ from: timestamp, to: timestamp })),
  }),
  errors: { forbidden: 'forbidden', roster_not_found: 'not_found', span_too_long: 'invalid' },
});

export const putDutyOverride = defineRequest({
  subject: 'rpc.alerting.roster.override.v1',
  access: 'user',
  timeoutMs: 10_000,
  input: z.strictObject({ rosterId, overrideId, override: dutyOverride }),
  output: withFindings,
  errors: {
    forbidden: 'forbidden',
    roster_not_found: 'not_found',
    layer_not_found: 'not_found',
    override_over: 'invalid',
    too_many_overrides: 'conflict',
  },
});

export const deleteDutyOverride = defineRequest({
  subject: 'rpc.alerting.roster.drop-override.v1',
  access: 'user',
  input: z.strictObject({ rosterId, overrideId }),
  output: nothing,
  errors: { forbidden: 'forbidden', roster_not_found: 'not_found', override_not_found: 'not_found' },
});

/** What the caller is on duty for now, and what waits for their confirmation. */
export const listMyDuties = defineRequest({
  subject: 'rpc.alerting.duty.list.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({
    items: z.array(duty.omit({ userId: true }).extend({ rosterId, name: z.string(), address: z.string().optional() })),
  }),
  errors: {},
});

/** The successor takes over, and the predecessor is relieved. */
export const confirmHandOver = defineRequest({
  subject: 'rpc.alerting.duty.confirm.v1',
  access: 'user',
  input: z.strictObject({ rosterId }),
  output: nothing,
  errors: { roster_not_found: 'not_found', nothing_to_confirm: 'conflict' },
});
