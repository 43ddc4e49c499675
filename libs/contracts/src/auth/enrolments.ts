import { z } from 'zod';
import { defineRequest, PASSWORD_TIMEOUT_MS } from '../define.js';
import { LIMITS } from '../limits.js';
import { deviceId, id, nothing, organizationId, poolId, timestamp, userId } from '../primitives.js';
import { newDevice } from './device.js';
import { isLoopbackOrHttps } from './guarded-url.js';
import { role } from './principal.js';
import { DEVICE_REFUSALS, handle, person, tokens } from './sessions.js';

const enrolmentId = id();

/** Device management hands out its configuration when a device next asks for it. */
const MANAGED_SECONDS = 30 * 24 * 3_600;

/** For one more device of a person there is, or for somebody new. */
const enrolmentFor = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('person'), userId }),
  z.strictObject({
    kind: z.literal('newcomer'),
    role: role.default('member'),
    poolIds: z.array(poolId).max(50).default([]),
  }),
]);

export const enrolment = z.object({
  id: enrolmentId,
  for: enrolmentFor,
  isManaged: z.boolean(),
  createdAt: timestamp,
  expiresAt: timestamp,
  usedAt: timestamp.optional(),
});
export type Enrolment = z.infer<typeof enrolment>;

/**
 * A token that lets one device in, once, for at most 24 h, or 30 days where device management hands it out. It names gateway
 * and organization and stands for the approval of the device, never for what its person has to show. It is shown now and
 * never again: a compact JWS by the key that signs access tokens, `typ: relais-enrolment+jwt`.
 *
 * `deepLink` opens the app and is what a QR code says; `managedConfiguration` is for device management, with the app policy
 * where `managed` names an app.
 */
export const createEnrolment = defineRequest({
  subject: 'rpc.auth.enrolment.create.v1',
  access: 'user',
  input: z
    .strictObject({
      for: enrolmentFor,
      /** The address of the gateway as apps reach it. */
      serverUrl: z.url().max(512).refine(isLoopbackOrHttps, 'expected https'),
      validSeconds: z.int().min(60).max(MANAGED_SECONDS).default(LIMITS.invitationSeconds),
      managed: z
        .strictObject({ format: z.enum(['ios_plist', 'android_bundle']), appId: z.string().min(1).max(256) })
        .optional(),
    })
    .refine(
      ({ managed, validSeconds }) => managed !== undefined || validSeconds <= LIMITS.invitationSeconds,
      'at most 24 h unless managed',
    ),
  output: enrolment.extend({
    enrolmentToken: z.string(),
    deepLink: z.string(),
    managedConfiguration: z.object({ fileName: z.string(), mediaType: z.string(), content: z.string() }).optional(),
  }),
  errors: { user_not_found: 'not_found', pool_not_found: 'not_found' },
});

/** Those that have not expired, used ones included, the newest first; at most 1,000. */
export const listEnrolments = defineRequest({
  subject: 'rpc.auth.enrolment.list.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ items: z.array(enrolment) }),
  errors: {},
});

export const revokeEnrolment = defineRequest({
  subject: 'rpc.auth.enrolment.revoke.v1',
  access: 'user',
  input: z.strictObject({ enrolmentId }),
  output: nothing,
  errors: { enrolment_not_found: 'not_found' },
});

/**
 * Lets a device in with its token. `proof`: a compact JWS by the device's key over
 * `{ dev, enrolment: base64url(sha256(enrolmentToken)), iat }`, `typ: relais-enrol+jwt`. A device of somebody who is here signs
 * in as usual from then on; somebody new says who they are with `person` and gets `tokens`.
 */
export const enrolDevice = defineRequest({
  subject: 'rpc.auth.enrolment.redeem.v1',
  access: 'public',
  timeoutMs: PASSWORD_TIMEOUT_MS,
  input: z.strictObject({
    enrolmentToken: z.string().max(2_048),
    device: newDevice,
    proof: z.string().max(2_048),
    /** Under which id device management knows the device: see posture sources. */
    mdmDeviceId: z.string().min(1).max(256).optional(),
    person: z.strictObject(person).optional(),
  }),
  output: z.object({ organizationId, organization: handle, deviceId, tokens: tokens.optional() }),
  errors: {
    enrolment_refused: 'forbidden',
    /** The token is for somebody new: say who with `person`. */
    person_required: 'invalid',
    email_taken: 'conflict',
    password_refused: 'invalid',
    login_overloaded: 'unavailable',
    registration_not_allowed: 'forbidden',
    people_limit_reached: 'conflict',
    invitation_for_another: 'forbidden',
    ...DEVICE_REFUSALS,
  },
});
