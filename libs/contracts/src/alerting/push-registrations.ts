import { z } from 'zod';
import { isLoopbackOrHttps } from '../auth/guarded-url.js';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { deviceId, nothing, timestamp } from '../primitives.js';

/** Somebody's server. Encrypted; on this machine only where the installation says so. */
export const namedUrl = z
  .url({ protocol: /^https?$/ })
  .max(LIMITS.urlBytes)
  .refine(isLoopbackOrHttps, 'expected https');
const endpoint = namedUrl;
/** The device's keys, by which what is sent is readable there only (RFC 8291, 2.1 and 3.2). */
const pushKeys = z.strictObject({ p256dh: z.base64url().length(87), auth: z.base64url().length(22) });
const token = z.string().regex(/^[\w:./+=-]{8,4096}$/, 'expected a token as the push service gave it');

export const pushKind = z.enum(['web_push', 'apns', 'fcm', 'unified_push']);
export type PushKind = z.infer<typeof pushKind>;

export const pushTarget = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('web_push'), endpoint, keys: pushKeys }),
  z.strictObject({
    kind: z.literal('apns'),
    token: z.string().regex(/^[0-9a-f]{64,200}$/, 'expected the token in lower-case hexadecimal'),
    environment: z.enum(['production', 'sandbox']),
  }),
  z.strictObject({ kind: z.literal('fcm'), token }),
  /** Without keys only what says nothing is sent. */
  z.strictObject({ kind: z.literal('unified_push'), endpoint, keys: pushKeys.optional() }),
]);
export type PushTarget = z.output<typeof pushTarget>;

/** BCP 47: in which language the few words are that a server puts into somebody's hands itself. */
export const locale = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$/);

export const pushRegistration = z.object({
  deviceId,
  kind: pushKind,
  renewedAt: timestamp,
  /** Forgotten then, unless the device renews it. */
  expiresAt: timestamp,
});
export type PushRegistration = z.infer<typeof pushRegistration>;

/**
 * The device that asks is woken there from now on: one place for each kind, and nobody else is woken there any more. An app
 * does it whenever it starts: that renews it, too.
 */
export const putPushRegistration = defineRequest({
  subject: 'rpc.alerting.push-registration.put.v1',
  access: 'user',
  input: z.strictObject({ target: pushTarget, locale: locale.default('en') }),
  output: pushRegistration,
  errors: { forbidden_address: 'invalid', too_many_registrations: 'conflict' },
});

/** The caller's own, of all devices. */
export const listPushRegistrations = defineRequest({
  subject: 'rpc.alerting.push-registration.list.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ items: z.array(pushRegistration) }),
  errors: {},
});

/** The device that asks is not woken there any more. Repeating changes nothing. */
export const removePushRegistration = defineRequest({
  subject: 'rpc.alerting.push-registration.remove.v1',
  access: 'user',
  input: z.strictObject({ kind: pushKind }),
  output: nothing,
  errors: {},
});

/** What an app needs to subscribe to Web Push: the public key of this installation (RFC 8292), where it has one. */
export const readPushKey = defineRequest({
  subject: 'rpc.alerting.push-key.read.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ vapidPublicKey: z.string().optional() }),
  errors: {},
});
