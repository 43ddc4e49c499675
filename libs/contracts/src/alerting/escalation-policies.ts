import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { joins } from './alarms.js';
import { id, label, nothing, poolId, userId } from '../primitives.js';

const policyId = id();

/** Who is told in a step. Pools and people are settled when the alarm is raised, whoever is on duty when the step comes. */
export const escalationTarget = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('user'), userId }),
  z.strictObject({ kind: z.literal('pool'), poolId }),
  z.strictObject({ kind: z.literal('roster'), rosterId: id() }),
  /** Of these people the next one each time the step comes. */
  z.strictObject({ kind: z.literal('next_of'), userIds: z.array(userId).min(1).max(100) }),
]);
export type EscalationTarget = z.infer<typeof escalationTarget>;

export const escalationStep = z.strictObject({
  targets: z.array(escalationTarget).min(1).max(50),
  /** Seconds that the people of this step have to answer before the next step comes. */
  waitSeconds: z.int().min(10).max(86_400),
  /** Everybody of the step goes on being told until each has answered. */
  needsEveryone: z.boolean().default(false),
  /** Left out unless it is within these hours; hours that end before they begin go over midnight. */
  hours: z
    .strictObject({
      timeZone: z.string().max(64),
      days: z.array(z.int().min(1).max(7)).min(1).max(7),
      from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
      to: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
    })
    .optional(),
  /** Left out unless so many alarms of this policy, this one included, were raised in the last minutes. */
  whenAlarmsInWindow: z
    .strictObject({ alarms: z.int().min(2).max(1_000), minutes: z.int().min(1).max(1_440) })
    .optional(),
  /** Left out when so many have taken it on already. */
  unlessAccepted: z.int().min(1).max(1_000).optional(),
  /** By which of their rules people are told; without it an emergency is important, and nothing else. */
  rules: z.enum(['default', 'important']).optional(),
});
export type EscalationStep = z.output<typeof escalationStep>;

export const escalationPolicy = z.strictObject({
  name: label(LIMITS.titleBytes),
  steps: z.array(escalationStep).min(1).max(50),
  /** How often it begins again from the first step. */
  repeat: z.int().min(0).max(9).default(0),
  /** Alarms with it have a conversation of their own, unless the alarm says otherwise. */
  opensConversation: z.boolean().optional(),
  joins: joins.optional(),
});
export type EscalationPolicy = z.output<typeof escalationPolicy>;

/** What will not work when it is needed, found before. */
export const policyFinding = z.object({
  severity: z.enum(['error', 'warning']),
  step: z.int().optional(),
  code: z.enum([
    'empty_step',
    'nobody_on_duty',
    'no_path',
    'never_due',
    'unknown_person',
    'unknown_roster',
    'ring_outlasts_wait',
  ]),
  says: z.string(),
});
export type PolicyFinding = z.infer<typeof policyFinding>;

const stored = z.object({ id: policyId, policy: escalationPolicy, findings: z.array(policyFinding) });

export const putEscalationPolicy = defineRequest({
  subject: 'rpc.alerting.policy.put.v1',
  access: 'user',
  timeoutMs: 10_000,
  input: z.strictObject({ policyId, policy: escalationPolicy }),
  output: stored,
  errors: { forbidden: 'forbidden', unknown_time_zone: 'invalid', too_many_policies: 'conflict' },
});

export const listEscalationPolicies = defineRequest({
  subject: 'rpc.alerting.policy.list.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ items: z.array(stored.omit({ findings: true })) }),
  errors: { forbidden: 'forbidden' },
});

/** Looks at it as it would run now. */
export const lintEscalationPolicy = defineRequest({
  subject: 'rpc.alerting.policy.lint.v1',
  access: 'user',
  timeoutMs: 10_000,
  input: z.strictObject({ policyId }),
  output: z.object({ findings: z.array(policyFinding) }),
  errors: { forbidden: 'forbidden', policy_not_found: 'not_found' },
});

/** Alarms under way keep it to their end. */
export const deleteEscalationPolicy = defineRequest({
  subject: 'rpc.alerting.policy.delete.v1',
  access: 'user',
  input: z.strictObject({ policyId }),
  output: nothing,
  errors: { forbidden: 'forbidden', policy_not_found: 'not_found' },
});
