import { z } from 'zod';
import { defineRequest } from '../define.js';
import { id, userId } from '../primitives.js';
import { alarmPath, severity } from './alarms.js';
import { drillSchedule } from './drills.js';

const seconds = (fallback: number) => z.int().min(1).max(3_600).default(fallback);

/** How an organization alarms. */
export const alarmSettings = z.strictObject({
  /** Ways that are used, in this order, where a person's own rules say nothing else. */
  paths: z.array(alarmPath).min(1).max(6).default(['socket', 'push']),
  /** Seconds after which a device that has not acknowledged counts as silent and the next way is taken. */
  deviceSilentSeconds: z
    .strictObject({
      socket: seconds(5),
      push: seconds(20),
      sms: seconds(60),
      voice: seconds(60),
      email: seconds(300),
      webhook: seconds(60),
    })
    .prefault({}),
  /** People are told as said here, whatever their own rules say. */
  overridesContactRules: z.boolean().default(false),
  /** Sockets and pushes come first, whatever anybody's rules say. */
  appFirst: z.boolean().default(false),
  /** For which ways addresses are used that only the directory says. */
  directoryAddresses: z
    .strictObject({ email: z.boolean(), sms: z.boolean(), voice: z.boolean() })
    .default({ email: true, sms: true, voice: true }),
  /** How much of what an alarm says leaves the server by messages, calls, mails and webhooks; pushes carry ids only. */
  contentOutside: z.enum(['nothing', 'title', 'text']).default('title'),
  /** Seconds for an answer where no policy says how long. */
  waitSeconds: z.partialRecord(severity, z.int().min(10).max(86_400)).default({}),
  /**
   * An alarm to more people than this waits for a second person, unless it is an emergency: the people of all of its steps
   * together, and whoever is on duty when it is raised.
   */
  massThreshold: z.int().min(1).max(1_000_000).default(500),
  /** The escalation policy along which second persons are asked, by an alarm of its own; without one nobody is asked. */
  approvalPolicyId: id().optional(),
  /** In the conversations of emergencies, people meet whom the rules of who may meet whom keep apart otherwise. */
  emergenciesLiftBarriers: z.boolean().default(false),
  /** The bot that a test alarm goes to every minute, so that it shows when alarms do not get through. */
  probeUserId: userId.optional(),
  /** Silent drills that come by themselves. */
  drills: drillSchedule.optional(),
});
export type AlarmSettings = z.output<typeof alarmSettings>;

export const readAlarmSettings = defineRequest({
  subject: 'rpc.alerting.settings.read.v1',
  access: 'user',
  input: z.strictObject({}),
  output: alarmSettings,
  errors: { forbidden: 'forbidden' },
});

export const putAlarmSettings = defineRequest({
  subject: 'rpc.alerting.settings.put.v1',
  access: 'user',
  input: z.strictObject({ settings: alarmSettings }),
  output: alarmSettings,
  errors: { forbidden: 'forbidden', bad_schedule: 'invalid' },
});
