import { z } from 'zod';
import { defineEvent, defineRequest } from '../define.js';
import { eventId, id, label, nothing, organizationId, text, timestamp, userId } from '../primitives.js';
import { handle } from './sessions.js';

const keyId = id();

/** Who switched it: somebody signed in, the watch on the first channel, or the holder of a key that was issued beforehand. */
export const outageMeans = z.enum(['person', 'watch', 'key']);
export type OutageMeans = z.infer<typeof outageMeans>;

export const outageMode = z.object({
  on: z.boolean(),
  /** The watch may switch it. Not so after a person or a key has, until somebody says that it is automatic again. */
  automatic: z.boolean(),
  /** Why, in the words of who switched it last. */
  reason: z.string().optional(),
  by: outageMeans.optional(),
  /** The person who switched it, or who issued the key that did. */
  changedBy: userId.optional(),
  changedAt: timestamp.optional(),
});
export type OutageMode = z.infer<typeof outageMode>;

/** Whether the organization's usual channels are given up for now. Every member may know. */
export const readOutageMode = defineRequest({
  subject: 'rpc.auth.outage-mode.read.v1',
  access: 'user',
  input: z.strictObject({}),
  output: outageMode,
  errors: {},
});

/**
 * While it is on, break-glass credentials work. Switching it off ends the sessions they have opened. What was switched by hand
 * stays so, whatever the watch on the first channel finds, until `releaseOutageMode`.
 */
export const setOutageMode = defineRequest({
  subject: 'rpc.auth.outage-mode.set.v1',
  access: 'user',
  input: z.strictObject({ on: z.boolean(), reason: label(1_024) }),
  output: outageMode,
  errors: {},
});

/** Leaves outage mode to the watch on the first channel again; switches nothing by itself. */
export const releaseOutageMode = defineRequest({
  subject: 'rpc.auth.outage-mode.release.v1',
  access: 'user',
  input: z.strictObject({}),
  output: outageMode,
  errors: {},
});

/** The watch on the first channel switches. What a person or a key has switched stays as it is: see `automatic` in the answer. */
export const switchOutageMode = defineRequest({
  subject: 'rpc.auth.outage-mode.switch.v1',
  access: 'service',
  input: z.strictObject({ organizationId, on: z.boolean(), reason: label(1_024) }),
  output: outageMode,
  errors: { organization_not_found: 'not_found' },
});

/** The same as `readOutageMode`, for a service. */
export const describeOutageMode = defineRequest({
  subject: 'rpc.auth.outage-mode.describe.v1',
  access: 'service',
  input: z.strictObject({ organizationId }),
  output: outageMode,
  errors: {},
});

export const OUTAGE_KEYS = {
  perOrganization: 20,
  maxDays: 730,
  /** The type of a command: see `signedOutageSwitch`. */
  commandType: 'relais-outage+jwt',
} as const;

export const outageKey = z.object({
  id: keyId,
  /** Where it is kept, such as "safe in the control room". */
  label: z.string(),
  issuedBy: userId,
  createdAt: timestamp,
  expiresAt: timestamp,
  lastUsedAt: timestamp.optional(),
});
export type OutageKey = z.infer<typeof outageKey>;

/**
 * Takes the public half of a key pair made where the key is kept: whoever holds the other half can switch outage mode without
 * signing in. The same again changes nothing.
 */
export const putOutageKey = defineRequest({
  subject: 'rpc.auth.outage-key.put.v1',
  access: 'user',
  input: z.strictObject({
    keyId,
    /** Ed25519, the `x` of the JWK. */
    publicKey: z.base64url().length(43),
    label: label(256),
    validDays: z.int().min(1).max(OUTAGE_KEYS.maxDays),
  }),
  output: outageKey,
  errors: { outage_key_reused: 'conflict', too_many_outage_keys: 'conflict' },
});

export const listOutageKeys = defineRequest({
  subject: 'rpc.auth.outage-key.list.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ items: z.array(outageKey) }),
  errors: {},
});

/** It switches nothing any more. What it has switched stays. */
export const deleteOutageKey = defineRequest({
  subject: 'rpc.auth.outage-key.delete.v1',
  access: 'user',
  input: z.strictObject({ keyId }),
  output: nothing,
  errors: { outage_key_not_found: 'not_found' },
});

/**
 * The switch for the day on which nobody can sign in. `command` is a compact JWS by an issued key over
 * `{ org, key, on, reason, iat }`, `typ: relais-outage+jwt`: the organization's short name, the key's id, whether it is to be
 * on, why, and when it was signed. Good for five minutes and once; a later command makes the earlier ones void. All ways of
 * failing look alike.
 */
export const signedOutageSwitch = defineRequest({
  subject: 'rpc.auth.outage-mode.switch-signed.v1',
  access: 'public',
  input: z.strictObject({ organization: handle, keyId, command: text(4_096) }),
  output: z.object({ on: z.boolean(), changedAt: timestamp }),
  errors: { outage_switch_refused: 'unauthenticated' },
});

/** Outage mode is on now, or off. */
export const outageModeChanged = defineEvent({
  subject: 'evt.auth.outage-mode.changed.v1',
  data: z.strictObject({ id: eventId, organizationId, at: timestamp, on: z.boolean(), by: outageMeans }),
});
export type OutageModeChanged = z.infer<typeof outageModeChanged.data>;
