import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { organizationId, poolId, userId } from '../primitives.js';

/**
 * The active people among these, and in these pools, or everyone. With `from`, only those whom that person may alarm.
 * A page of at most 5,000, in the order of their ids.
 */
export const expandAudience = defineRequest({
  subject: 'rpc.auth.audience.expand.v1',
  access: 'service',
  timeoutMs: 5_000,
  input: z.strictObject({
    organizationId,
    from: userId.optional(),
    userIds: z.array(userId).max(LIMITS.alarmUsers).default([]),
    poolIds: z.array(poolId).max(500).default([]),
    everyone: z.boolean().default(false),
    after: userId.optional(),
  }),
  output: z.object({ userIds: z.array(userId), next: userId.optional() }),
  errors: {},
});
