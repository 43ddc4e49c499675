import { z } from 'zod';
import { defineRequest, PASSWORD_TIMEOUT_MS } from '../define.js';
import { id, nothing, timestamp, userId } from '../primitives.js';
import { password } from './sessions.js';

const resetId = id();
const HOUR_SECONDS = 3_600;

/**
 * Begins a reset of somebody's password; an earlier one is void. The token is shown now and never again, and nobody but its
 * holder chooses the password. Not for one's own account: that takes the current password.
 */
export const startPasswordReset = defineRequest({
  subject: 'rpc.auth.password-reset.start.v1',
  access: 'user',
  input: z.strictObject({ userId, validSeconds: z.int().min(60).max(HOUR_SECONDS).default(HOUR_SECONDS) }),
  output: z.object({ resetToken: z.string(), expiresAt: timestamp }),
  errors: { user_not_found: 'not_found', own_account: 'conflict' },
});

/**
 * Sets another password and ends every session of the person. It opens none: they sign in with it and with whatever else the
 * policy asks.
 */
export const completePasswordReset = defineRequest({
  subject: 'rpc.auth.password-reset.complete.v1',
  access: 'public',
  timeoutMs: PASSWORD_TIMEOUT_MS,
  input: z.strictObject({ resetToken: z.string().max(512), newPassword: password }),
  output: nothing,
  errors: { reset_refused: 'forbidden', password_refused: 'invalid', login_overloaded: 'unavailable' },
});

export const factorReset = z.object({
  id: resetId,
  userId,
  state: z.enum(['open', 'approved', 'rejected', 'expired']),
  requestedBy: userId,
  requestedAt: timestamp,
  expiresAt: timestamp,
  decidedBy: userId.optional(),
  decidedAt: timestamp.optional(),
});
export type FactorReset = z.infer<typeof factorReset>;

/** Asks for all factors of somebody to go who has lost them. Nothing happens until another administrator agrees. */
export const requestFactorReset = defineRequest({
  subject: 'rpc.auth.factor-reset.request.v1',
  access: 'user',
  input: z.strictObject({ userId }),
  output: factorReset,
  errors: { user_not_found: 'not_found', own_account: 'conflict', reset_open: 'conflict' },
});

/** To administrators all of the last 90 days, to everybody else those of their own account and those they asked for. */
export const listFactorResets = defineRequest({
  subject: 'rpc.auth.factor-reset.list.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ items: z.array(factorReset) }),
  errors: {},
});

/**
 * The second pair of eyes: neither who asked nor whose factors they are. Factors and recovery codes go, every session ends;
 * the password stays.
 */
export const approveFactorReset = defineRequest({
  subject: 'rpc.auth.factor-reset.approve.v1',
  access: 'user',
  input: z.strictObject({ resetId }),
  output: nothing,
  errors: { reset_not_found: 'not_found', second_person_needed: 'conflict' },
});

/** By an administrator, by who asked, or by the person, who may know nothing of having lost anything. */
export const rejectFactorReset = defineRequest({
  subject: 'rpc.auth.factor-reset.reject.v1',
  access: 'user',
  input: z.strictObject({ resetId }),
  output: nothing,
  errors: { reset_not_found: 'not_found' },
});
